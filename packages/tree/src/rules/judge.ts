import type { BytePath, EntryType } from "@doppel/base";
import type { PathListing } from "./path-listing.ts";
import type { Rule } from "./rule.ts";
import { type PlacedRule, RuleIndex } from "./rule-index.ts";
import type { ConfiguredInclude, DecidingRule, ExplainedRules, ListedFolder, Subject, UnmatchedRule } from "./rules.ts";
import { textOf } from "./text.ts";

/** Rules in their order of evaluation (command-line spec 6.2), and which of them have been of use. */
export class OrderedRules implements ExplainedRules {
  readonly #rules: readonly Rule[];
  readonly #index: RuleIndex;
  readonly #markers: readonly string[];
  /** The rules that should match something and have not yet. */
  readonly #waiting: Set<Rule>;
  readonly #listing: PathListing | undefined;
  /** Position of the rule that the last verdict follows from; Infinity: no rule said anything. */
  #decidedBy = Number.POSITIVE_INFINITY;

  /** `markers` are the names of `--exclude-if-present`, as bytes. The root counts as something to match. */
  constructor(rules: readonly Rule[], markers: readonly string[], rootText: string, listing?: PathListing) {
    this.#rules = rules;
    this.#index = new RuleIndex(rules);
    this.#markers = markers;
    this.#listing = listing;
    if (listing !== undefined) listing.top.met = true;
    this.#waiting = new Set(rules.filter((rule) => rule.expected));
    this.#evaluate(rootText, "dir", NOWHERE);
  }

  get listed(): ListedFolder | undefined {
    return this.#listing?.top;
  }

  judge(full: BytePath, type: EntryType, subject: Subject): "include" | "exclude" | "scan" {
    return this.#evaluate(textOf(full), type, subject);
  }

  explain(full: BytePath, type: EntryType, subject: Subject): ReturnType<ExplainedRules["explain"]> {
    const verdict = this.#evaluate(textOf(full), type, subject);
    const rule = this.#rules[this.#decidedBy];
    return { verdict, rule: rule && namesOf(rule) };
  }

  includes(): readonly ConfiguredInclude[] {
    const includes = this.#rules.filter(({ kind }) => kind === "include");
    return includes.map((rule) => ({
      ...namesOf(rule),
      anchor: rule.anchor,
      takes: (full, type) => rule.verdict(textOf(full), type, NOWHERE) === "include",
    }));
  }

  get hasMarkers(): boolean {
    return this.#markers.length > 0;
  }

  excludesDirectory(names: readonly string[]): boolean {
    return this.#markers.some((marker) => names.includes(marker));
  }

  unmatched(): readonly UnmatchedRule[] {
    const rules = Array.from(this.#waiting, ({ pattern, kind, origin }) => ({ pattern, kind, origin }));
    return [...(this.#listing?.unmatched() ?? []), ...rules];
  }

  #evaluate(text: string, type: EntryType, subject: Subject): "include" | "exclude" | "scan" {
    const waiting = this.#waiting;
    const { lists, scan } = this.#index.candidates(text);
    /** The first rule that decides, and the first that has the path looked into. */
    let decided: PlacedRule | undefined;
    let scanned = scan;
    for (const list of lists) {
      for (const placed of list) {
        const { rule, position } = placed;
        // Behind the decision a rule is asked only whether it, too, is about something that exists.
        const isBehind = decided !== undefined && position > decided.position;
        if (isBehind && waiting.size === 0) break;
        if (isBehind && !waiting.has(rule)) continue;
        const verdict = rule.verdict(text, type, subject);
        if (verdict === rule.kind) {
          waiting.delete(rule);
          if (!isBehind) decided = placed;
        } else if (verdict === "scan" && position < scanned) scanned = position;
      }
    }
    this.#decidedBy = decided?.position ?? Number.POSITIVE_INFINITY;
    if (decided?.rule.kind === "include") return "include";
    if (scanned < this.#decidedBy) {
      this.#decidedBy = scanned;
      return "scan";
    }
    return decided?.rule.kind ?? "include";
  }
}

/** For rules that ask for a path only. */
const NOWHERE: Subject = { dev: 0, rootDev: 0, mtime: 0 };

function namesOf({ kind, pattern, origin, order }: Rule): DecidingRule {
  return { kind, pattern, origin, order };
}
