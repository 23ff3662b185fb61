import { caseVariants } from "../tokens.ts";

/** Part of a set of characters: a range of code points, or one of the classes `\d`, `\s`, `\w`. */
export type CharItem =
  | { readonly from: number; readonly to: number }
  | { readonly named: "d" | "s" | "w"; readonly negated: boolean; readonly ascii: boolean };

/** What one character of the text may be. */
export interface CharSet {
  readonly items: readonly CharItem[];
  readonly negated: boolean;
  readonly ignoreCase: boolean;
}

/** Whether a code point is in the set, with the answers for ASCII at hand. */
export function matcherOf({ items, negated, ignoreCase }: CharSet): (char: number) => boolean {
  const has = (char: number): boolean => items.some((item) => isIn(char, item));
  const takes = (char: number): boolean => (ignoreCase ? caseVariants(char).some(has) : has(char)) !== negated;
  const ascii = Uint8Array.from({ length: 128 }, (_, char) => Number(takes(char)));
  return (char) => (char < 128 ? ascii[char] === 1 : takes(char));
}

/** What `\w` matches, and `\b` tells apart. */
export function isWord(char: number, ascii: boolean): boolean {
  return isIn(char, { named: "w", negated: false, ascii });
}

/** The inside of a JavaScript character class (flag `u`) for each of Python's. */
export const CLASSES = {
  d: { unicode: String.raw`\p{Nd}`, ascii: "0-9" },
  s: {
    unicode: String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`,
    ascii: String.raw`\t-\r\x20`,
  },
  w: { unicode: String.raw`\p{L}\p{N}_`, ascii: "0-9A-Za-z_" },
} as const;

const TESTS = new Map<string, RegExp>();

function isIn(char: number, item: CharItem): boolean {
  if ("from" in item) return item.from <= char && char <= item.to;
  const inside = CLASSES[item.named][item.ascii ? "ascii" : "unicode"];
  let test = TESTS.get(inside);
  if (test === undefined) TESTS.set(inside, (test = new RegExp(`[${inside}]`, "u")));
  return test.test(String.fromCodePoint(char)) !== item.negated;
}
