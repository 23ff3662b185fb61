/** One step of a glob pattern: something that takes one character, or a star that takes any number. */
export type Token =
  | {
      readonly kind: "one";
      /** The character of the pattern, if it stands for itself. */
      readonly literal?: number;
      /** Set when it takes just this one character. */
      readonly only?: number;
      readonly takes: (char: number) => boolean;
    }
  /** `*`, which stops at a slash, and `**`, which does not. */
  | { readonly kind: "star"; readonly crossesSlash: boolean };

export const SLASH = 0x2f;

/**
 * The tokens of a pattern (command-line spec 6.3), characters as code points. Two stars never stand side by side.
 * @throws RangeError for a set whose range runs backwards.
 */
export function tokenize(pattern: string, ignoreCase: boolean): Token[] {
  const tokens: Token[] = [];
  const chars = Array.from(pattern, (char) => char.codePointAt(0) ?? 0);
  const lastClose = chars.lastIndexOf(CLOSE); // so that many open brackets are not each looked for to the end
  for (let i = 0; i < chars.length; ) {
    const char = chars[i]!;
    if (char === STAR) {
      const double = chars[i + 1] === STAR;
      addStar(tokens, double);
      i += double ? 2 : 1;
    } else if (char === QUESTION) {
      tokens.push({ kind: "one", takes: (c) => c !== SLASH });
      i++;
    } else if (char === BRACKET) {
      const set = i < lastClose ? parseSet(chars, i, ignoreCase) : undefined;
      tokens.push(set?.token ?? literal(char, ignoreCase));
      i = set?.end ?? i + 1;
    } else {
      tokens.push(literal(char, ignoreCase));
      i++;
    }
  }
  return tokens;
}

/** The tokens of a text in which no character is special. */
export function tokenizeLiteral(text: string, ignoreCase: boolean): Token[] {
  return Array.from(text, (char) => literal(char.codePointAt(0) ?? 0, ignoreCase));
}

/** `**` swallows a star beside it: what `***` matches, `**` matches. */
function addStar(tokens: Token[], crossesSlash: boolean): void {
  const last = tokens.at(-1);
  if (last?.kind === "star") {
    if (last.crossesSlash || !crossesSlash) return;
    tokens.pop();
  }
  tokens.push({ kind: "star", crossesSlash });
}

function literal(char: number, ignoreCase: boolean): Token {
  if (!ignoreCase) return { kind: "one", literal: char, only: char, takes: (c) => c === char };
  const variants = caseVariants(char);
  return { kind: "one", literal: char, takes: (c) => variants.includes(c) };
}

/** The set that begins at `chars[start]`, a bracket; undefined when it is never closed and so is a plain bracket. */
function parseSet(chars: readonly number[], start: number, ignoreCase: boolean): { token: Token; end: number } | undefined {
  let at = start + 1;
  const negated = chars[at] === BANG || chars[at] === CARET;
  if (negated) at++;
  const end = chars.indexOf(CLOSE, at + 1); // a bracket that comes first is a member
  if (end < 0) return undefined;
  const ranges: [number, number][] = [];
  while (at < end) {
    const low = chars[at]!;
    const ranged = chars[at + 1] === DASH && at + 2 < end;
    const high = ranged ? chars[at + 2]! : low;
    if (high < low) throw new RangeError(`the range ${String.fromCodePoint(low)}-${String.fromCodePoint(high)} runs backwards`);
    ranges.push([low, high]);
    at += ranged ? 3 : 1;
  }
  const has = (c: number) => ranges.some(([low, high]) => low <= c && c <= high);
  const member = ignoreCase ? (c: number) => caseVariants(c).some(has) : has;
  return { token: { kind: "one", takes: (c) => member(c) !== negated }, end: end + 1 };
}

/** The character and its other cases, as far as they are single characters. */
export function caseVariants(char: number): number[] {
  const text = String.fromCodePoint(char);
  const variants = [char];
  for (const other of [text.toLowerCase(), text.toUpperCase(), text.toUpperCase().toLowerCase()]) {
    const code = other.codePointAt(0) ?? char;
    if (String.fromCodePoint(code) === other && !variants.includes(code)) variants.push(code);
  }
  return variants;
}

const STAR = 0x2a;
const QUESTION = 0x3f;
const BRACKET = 0x5b;
const CLOSE = 0x5d;
const BANG = 0x21;
const CARET = 0x5e;
const DASH = 0x2d;
