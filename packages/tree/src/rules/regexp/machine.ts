import { isWord, matcherOf } from "./chars.ts";
import type { Node, Place } from "./node.ts";

/** One step. `next` are where to go on from it, without reading for a `fork`. */
type Step =
  | { readonly kind: "one"; readonly takes: (char: number) => boolean; next: number }
  | { readonly kind: "place"; readonly place: Place; readonly ascii: boolean; next: number }
  | { readonly kind: "fork"; readonly next: readonly number[] };

/** Steps of one expression: bounds what one path can cost. */
const MAX_STEPS = 10_000;
const NONE = -1;

/**
 * A regular expression without references and look-around as a machine that is in many states at once: one pass over the
 * text, so time is text times expression whatever they are. `(a|a)*b` does not backtrack.
 */
export class Machine {
  readonly #steps: Step[] = [];
  readonly #start: number;
  /** The position at which a step was last entered. */
  readonly #entered: Float64Array;
  #clock = 0;

  /** @throws RangeError when it is too large. */
  constructor(node: Node) {
    this.#start = this.#build(node, ACCEPT);
    this.#entered = new Float64Array(this.#steps.length);
  }

  /** Whether it is found anywhere in the text. */
  test(text: string): boolean {
    let states: number[] = [];
    let before = NONE;
    for (let at = 0; ; ) {
      const char = text.codePointAt(at) ?? NONE;
      const width = char > 0xffff ? 2 : 1;
      const isLast = char === NEWLINE && at + 1 === text.length;
      this.#clock++;
      const entered: number[] = [];
      for (const state of states) if (this.#enter(state, entered, before, char, isLast)) return true;
      if (this.#enter(this.#start, entered, before, char, isLast)) return true;
      if (char === NONE) return false;
      states = [];
      for (const state of entered) {
        const step = this.#steps[state] as Extract<Step, { kind: "one" }>;
        if (step.takes(char)) states.push(step.next);
      }
      before = char;
      at += width;
    }
  }

  /** Follows everything that reads nothing; true when that leads to the end. Steps that read are added to `entered`. */
  #enter(from: number, entered: number[], before: number, after: number, isLast: boolean): boolean {
    const todo = [from];
    for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
      if (state === ACCEPT) return true;
      if (this.#entered[state] === this.#clock) continue;
      this.#entered[state] = this.#clock;
      const step = this.#steps[state]!;
      if (step.kind === "one") entered.push(state);
      else if (step.kind === "fork") todo.push(...step.next);
      else if (isAt(step.place, step.ascii, before, after, isLast)) todo.push(step.next);
    }
    return false;
  }

  #add(step: Step): number {
    if (this.#steps.length === MAX_STEPS) throw new RangeError("it is too large; mind what the counts in braces multiply to");
    return this.#steps.push(step) - 1;
  }

  /** The first step of a node that goes on with `next`. */
  #build(node: Node, next: number): number {
    switch (node.kind) {
      case "one":
        return this.#add({ kind: "one", takes: matcherOf(node.set), next });
      case "place":
        return this.#add({ kind: "place", place: node.place, ascii: node.ascii, next });
      case "sequence":
        return node.nodes.reduceRight((after, each) => this.#build(each, after), next);
      case "choice":
        return this.#add({ kind: "fork", next: node.nodes.map((each) => this.#build(each, next)) });
      case "group":
        return this.#build(node.node, next);
      case "repeat":
        return this.#repeat(node, next);
      case "reference":
      case "look":
        throw new TypeError("a machine cannot do that");
    }
  }

  #repeat({ node, min, max }: Extract<Node, { kind: "repeat" }>, next: number): number {
    let first = next;
    if (max === Number.POSITIVE_INFINITY) {
      const targets: number[] = [];
      first = this.#add({ kind: "fork", next: targets });
      targets.push(this.#build(node, first), next);
    } else {
      for (let i = min; i < max; i++) first = this.#add({ kind: "fork", next: [this.#build(node, first), next] });
    }
    for (let i = 0; i < min; i++) {
      const size = this.#steps.length;
      first = this.#build(node, first);
      if (this.#steps.length === size) break; // repeats nothing
    }
    return first;
  }
}

const ACCEPT = -1;
const NEWLINE = 0x0a;

function isAt(place: Place, ascii: boolean, before: number, after: number, isLast: boolean): boolean {
  const edge = (): boolean => (before !== NONE && isWord(before, ascii)) !== (after !== NONE && isWord(after, ascii));
  switch (place) {
    case "start":
      return before === NONE;
    case "end":
      return after === NONE;
    case "before-end":
      return after === NONE || isLast;
    case "line-start":
      return before === NONE || before === NEWLINE;
    case "line-end":
      return after === NONE || after === NEWLINE;
    case "word-edge":
      return edge();
    case "no-word-edge":
      return !edge() && (before !== NONE || after !== NONE); // Python's \B is not in an empty text
  }
}
