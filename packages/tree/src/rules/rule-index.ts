import type { Rule } from "./rule.ts";

/** A rule and its place in the order. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly position: number;
}

/** One name on the way to what rules are about. */
interface Folder {
  readonly below: Map<string, Folder>;
  /** Rules that are about something here or deeper, in their order. */
  readonly rules: PlacedRule[];
  /** The first include that is only about something deeper. */
  scan: number;
}

/** What may have something to say about one path. */
export interface Candidates {
  /** Lists of rules, each in its order. */
  readonly lists: readonly (readonly PlacedRule[])[];
  /** Position of the first include for which the path leads to what it is about; Infinity: there is none. */
  readonly scan: number;
}

/**
 * Rules by the folder that their pattern begins with, so that a list of 100,000 paths costs a file no more than the
 * depth it lies in. Rules that may match anywhere are asked each time.
 */
export class RuleIndex {
  readonly #top: Folder = folder();

  constructor(rules: readonly Rule[]) {
    rules.forEach((rule, position) => this.#add({ rule, position }));
  }

  candidates(text: string): Candidates {
    const lists = this.#top.rules.length === 0 ? [] : [this.#top.rules];
    const path = text === "/" ? "" : text;
    let at = this.#top;
    for (let start = 0; ; ) {
      const slash = path.indexOf("/", start);
      const next = at.below.get(slash < 0 ? path.slice(start) : path.slice(start, slash));
      if (next === undefined) return { lists, scan: Number.POSITIVE_INFINITY };
      if (next.rules.length > 0) lists.push(next.rules);
      if (slash < 0) return { lists, scan: next.scan };
      at = next;
      start = slash + 1;
    }
  }

  #add(placed: PlacedRule): void {
    let at = this.#top;
    // A path of the system is never longer; a pattern that is would only make this deep.
    const anchor = placed.rule.anchor?.slice(0, MAX_DEPTH) ?? [];
    anchor.forEach((name, depth) => {
      let next = at.below.get(name);
      if (next === undefined) at.below.set(name, (next = folder()));
      if (depth < anchor.length - 1 && placed.rule.kind === "include") next.scan = Math.min(next.scan, placed.position);
      at = next;
    });
    at.rules.push(placed);
  }
}

const MAX_DEPTH = 2048;

function folder(): Folder {
  return { below: new Map(), rules: [], scan: Number.POSITIVE_INFINITY };
}
