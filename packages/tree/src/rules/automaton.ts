import { SLASH, type Token } from "./tokens.ts";

/** How a text stands to a pattern; any combination. */
export const EXACT = 1; //  the pattern matches all of it
export const INSIDE = 2; // the pattern matches a part that is followed by a slash
export const SCAN = 4; //   a prefix of the pattern, cut before a slash or after its first `**`, matches all of it

/**
 * A pattern as a bit-parallel automaton: bit i is set while the first i tokens match what was read. One pass, so time is
 * text times pattern / 32 whatever the pattern: `**a**a**a**b` does not backtrack.
 */
export class Automaton {
  readonly #tokens: readonly Token[];
  readonly #words: number;
  /** For each ASCII character, the tokens that take it. */
  readonly #ascii: Int32Array;
  readonly #others = new Map<number, Int32Array>();
  readonly #stars: Int32Array;
  readonly #slashStars: Int32Array;
  readonly #scan: Int32Array;
  readonly #state: Int32Array;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    this.#words = (tokens.length >>> 5) + 1;
    this.#stars = this.#mask((token) => token.kind === "star");
    this.#slashStars = this.#mask((token) => token.kind === "star" && token.crossesSlash);
    const cut = tokens.findIndex((token) => token.kind === "star" && token.crossesSlash);
    this.#scan = this.#mask((token, i) => (token.kind === "star" ? i === cut : token.literal === SLASH && (cut < 0 || i < cut)));
    this.#ascii = new Int32Array(128 * this.#words);
    tokens.forEach((token, i) => {
      if (token.kind === "star") return;
      const mark = (char: number): void => {
        this.#ascii[char * this.#words + (i >>> 5)]! |= 1 << (i & 31);
      };
      // Most tokens take one character, and there may be many of them.
      if (token.only !== undefined) {
        if (token.only < 128) mark(token.only);
      } else {
        for (let char = 0; char < 128; char++) if (token.takes(char)) mark(char);
      }
    });
    this.#state = new Int32Array(this.#words);
  }

  /** EXACT, INSIDE and SCAN for the text from index `start` on. */
  run(text: string, start: number): number {
    // The innermost loop of a walk: on locals, and in one function.
    const state = this.#state.fill(0);
    const words = this.#words;
    const ascii = this.#ascii;
    const stars = this.#stars;
    const slashStars = this.#slashStars;
    const acceptWord = this.#tokens.length >>> 5;
    const acceptBit = 1 << (this.#tokens.length & 31);
    state[0] = 1 | ((stars[0]! & 1) << 1);
    let seen = 0;
    for (let i = start; i < text.length; i++) {
      let char = text.charCodeAt(i);
      let stays = stars;
      if (char === SLASH) {
        if ((state[acceptWord]! & acceptBit) !== 0) seen = INSIDE;
        stays = slashStars;
      } else if (char >= 0xd800 && char < 0xdc00) {
        char = text.codePointAt(i++)!; // these always come in pairs: see textOf
      }
      const takers = char < 128 ? ascii : this.#takersOf(char);
      const offset = char < 128 ? char * words : 0;
      let carry = 0;
      let starCarry = 0;
      let alive = 0;
      for (let w = 0; w < words; w++) {
        const before = state[w]!;
        const taken = before & takers[offset + w]!;
        const after = (taken << 1) | carry | (before & stays[w]!);
        // A star may also match nothing. Two of them never stand side by side, so one pass is enough.
        const skipped = after & stars[w]!;
        state[w] = after | (skipped << 1) | starCarry;
        carry = taken >>> 31;
        starCarry = skipped >>> 31;
        alive |= after;
      }
      if (alive === 0 && starCarry === 0) return seen;
    }
    if ((state[acceptWord]! & acceptBit) !== 0) seen |= EXACT;
    for (let w = 0; w < words; w++) if ((state[w]! & this.#scan[w]!) !== 0) seen |= SCAN;
    return seen;
  }

  #takersOf(char: number): Int32Array {
    let takers = this.#others.get(char);
    if (takers === undefined) {
      if (this.#others.size === MAX_OTHERS) this.#others.clear();
      takers = this.#takers(char);
      this.#others.set(char, takers);
    }
    return takers;
  }

  #takers(char: number): Int32Array {
    return this.#mask((token) => token.kind === "one" && token.takes(char));
  }

  #mask(wanted: (token: Token, index: number) => boolean): Int32Array {
    const mask = new Int32Array(this.#words);
    this.#tokens.forEach((token, i) => {
      if (wanted(token, i)) mask[i >>> 5]! |= 1 << (i & 31);
    });
    return mask;
  }
}

/** Bounds what names in large alphabets can make us remember. */
const MAX_OTHERS = 256;
