import type { Place } from "./node.ts";

/** The text of a regular expression, read from left to right by code points. */
export class Reader {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#chars = Array.from(source);
  }

  get done(): boolean {
    return this.#at >= this.#chars.length;
  }

  /** "" behind the end. */
  peek(ahead = 0): string {
    return this.#chars[this.#at + ahead] ?? "";
  }

  /** @throws RangeError `atEnd` when there is no more. */
  next(atEnd = "unexpected end"): string {
    if (this.done) throw new RangeError(atEnd);
    return this.#chars[this.#at++]!;
  }

  /** Takes this text (of ASCII characters) if it comes next. */
  eat(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.peek(i) !== text[i]) return false;
    this.#at += text.length;
    return true;
  }

  /** What comes before `end`, which is taken too; undefined when there is none. */
  until(end: string): string | undefined {
    const found = this.#chars.indexOf(end, this.#at);
    if (found < 0) return undefined;
    const text = this.#chars.slice(this.#at, found).join("");
    this.#at = found + 1;
    return text;
  }

  /** `(?flags)`. */
  globalFlags(): string | undefined {
    const [all, flags] = /^\(\?([aiLmsux]+)\)/.exec(this.#chars.slice(this.#at, this.#at + 12).join("")) ?? [];
    if (all !== undefined) this.#at += all.length;
    return flags;
  }

  /** White space and comments of the flag `x`. */
  skipSpace(): void {
    for (;;) {
      if (/^[ \t\n\r\v\f]$/.test(this.peek())) this.#at++;
      else if (this.peek() !== "#") return;
      else if (this.until("\n") === undefined) this.#at = this.#chars.length;
    }
  }

  /** `*`, `+`, `?`, `{n}`, `{n,}`, `{,m}`, `{n,m}`; a brace that is none of these is a plain character. */
  repeat(): { readonly min: number; readonly max: number } | undefined {
    const char = this.peek();
    const simple = SIMPLE[char];
    if (simple !== undefined) {
      this.#at++;
      return simple;
    }
    const [all, low, comma, high] = this.#braces(0);
    if (all === undefined) return undefined;
    this.#at += all.length;
    const min = Number(low);
    const max = comma === undefined ? min : high === "" ? Number.POSITIVE_INFINITY : Number(high);
    if (max < min) throw new RangeError("min repeat greater than max repeat");
    return { min, max };
  }

  isRepeatAt(offset: number): boolean {
    return this.#braces(offset)[0] !== undefined;
  }

  /** A code point of exactly this many hexadecimal digits, behind `\x`, `\u` or `\U`. */
  hex(length: number, letter: string): number {
    const digits = this.#chars.slice(this.#at, this.#at + length).join("");
    const value = Number.parseInt(digits, 16);
    if (!new RegExp(`^[0-9a-fA-F]{${length}}$`).test(digits) || value > 0x10ffff) {
      throw new RangeError(`incomplete escape \\${letter}${digits}`);
    }
    this.#at += length;
    return value;
  }

  /** Up to three octal digits of which the first was read. */
  octal(first: string): number {
    let digits = first;
    while (digits.length < 3 && /^[0-7]$/.test(this.peek())) digits += this.next();
    const value = Number.parseInt(digits, 8);
    if (value > 0o377) throw new RangeError(`octal escape \\${digits} outside of range 0-0o377`);
    return value;
  }

  /** Outside a set only three octal digits are a character; fewer are the number of a group. */
  octalAfter(first: string): number | undefined {
    const isOctal = [first, this.peek(), this.peek(1)].every((digit) => /^[0-7]$/.test(digit));
    return isOctal ? this.octal(first) : undefined;
  }

  #braces(offset: number): readonly (string | undefined)[] {
    if (this.peek(offset) !== "{") return [];
    const start = this.#at + offset;
    const text = this.#chars.slice(start, start + 24).join("");
    return (
      /^\{(?=[0-9,])(?!,?\})([0-9]{0,9})(?:(,)([0-9]{0,9}))?\}/.exec(text) ?? (/^\{,\}/.test(text) ? ["{,}", "", ",", ""] : [])
    );
  }
}

const SIMPLE: Readonly<Record<string, { readonly min: number; readonly max: number }>> = {
  "*": { min: 0, max: Number.POSITIVE_INFINITY },
  "+": { min: 1, max: Number.POSITIVE_INFINITY },
  "?": { min: 0, max: 1 },
};

/** Digits of an escape by its letter. */
export const hexLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

export function controlOf(char: string): number | undefined {
  return CONTROLS[char];
}

const PLACES: Readonly<Record<string, Place>> = { A: "start", Z: "end", b: "word-edge", B: "no-word-edge" };

export function placeOf(char: string): Place | undefined {
  return PLACES[char];
}

export function isClassName(char: string): boolean {
  return /^[dswDSW]$/.test(char);
}
