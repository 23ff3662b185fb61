import type { Runtime } from "@doppel/base";

/**
 * What a passphrase is made of: letters and digits without 0 O 1 l I, which paper confuses. 57 characters, so that 22 of them
 * are 128.3 bits.
 */
export const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LENGTH = 22;

/** A passphrase of at least 128 bits: 22 characters of `ALPHABET`, each as likely as any other. */
export function makePassphrase(random: Runtime["random"]): string {
  // Bytes from here on would make the first characters likelier than the rest.
  const unfair = 256 - (256 % ALPHABET.length);
  let made = "";
  while (made.length < LENGTH)
    for (const byte of random.bytes(LENGTH - made.length)) if (byte < unfair) made += ALPHABET[byte % ALPHABET.length]!;
  return made;
}

/** In groups of four, for the eye. */
export function inGroups(passphrase: string): string {
  return passphrase.match(/.{1,4}/gs)?.join(" ") ?? "";
}

/** Whether somebody typed it as it was shown: blanks between groups do not count. */
export function isTypedAgain(passphrase: string, typed: string): boolean {
  return typed.replace(/\s/g, "") === passphrase;
}

/** Of a passphrase that somebody brought. `refused`: why it is not taken; `advice`: taken, but. */
export type Judgement = { readonly refused: string } | { readonly advice?: string };

const LEAST_BITS = 72;
/** As of a passphrase that is made here and happens to hold no digit; one has 128. */
const GOOD_BITS = 125;
/** Of one word: as of a list of 20,000. */
const WORD_BITS = Math.log2(20_000);

/**
 * How strong a passphrase can be at most, from its length, the kinds of its characters and the number of its words. It knows
 * no dictionary and no birthdays: what it refuses is bad, what it takes may still be.
 */
export function judgePassphrase(passphrase: string): Judgement {
  const bits = Math.floor(bitsAtMost(passphrase));
  if (bits < LEAST_BITS) {
    const remedy = "leave it out to have a good one made, or take six words or more that you threw dice for";
    return {
      refused: `the passphrase is too weak for a key that is never changed (${bits} bits at most, ${LEAST_BITS} are the least): ${remedy}`,
    };
  }
  if (bits >= GOOD_BITS) return {};
  return { advice: `the passphrase has ${bits} bits at most; one that doppel makes has 128` };
}

const KINDS: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[^a-zA-Z0-9]/, 20],
];

/** As `makePassphrase` makes them, and most likely did: nobody counts to 22. */
function isOfOurForm(passphrase: string): boolean {
  return passphrase.length === LENGTH && Array.from(passphrase).every((char) => ALPHABET.includes(char));
}

function bitsAtMost(passphrase: string): number {
  const pool = KINDS.reduce((sum, [kind, size]) => sum + (kind.test(passphrase) ? size : 0), 0);
  const distinct = new Set(passphrase).size;
  if (distinct < 6) return distinct;
  const words = passphrase.split(/[^\p{L}]+/u).filter((word) => word.length > 1);
  // As people write words: of random letters, digits between them or not, hardly any piece looks so.
  const areWritten = words.every((word) => /^(?:\p{L}?\p{Ll}+|\p{Lu}+)$/u.test(word));
  const isWords = words.length > 1 && areWritten && words.join("").length >= passphrase.length * 0.75;
  const byCharacters = passphrase.length * Math.log2(pool);
  // One in some thousand that are made here looks so by chance, and must be taken when it is brought back.
  if (isOfOurForm(passphrase)) return byCharacters;
  return isWords ? Math.min(byCharacters, words.length * WORD_BITS) : byCharacters;
}
