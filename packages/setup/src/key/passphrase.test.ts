import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { ALPHABET, inGroups, isTypedAgain, judgePassphrase, makePassphrase } from "./passphrase.ts";

const random = { bytes: (n: number) => randomBytes(n) };

it("has at least 128 bits of letters and digits that paper does not confuse", () => {
  expect(new Set(ALPHABET).size).toBe(57);
  expect(ALPHABET).not.toMatch(/[0O1lI]/);
  expect(22 * Math.log2(ALPHABET.length)).toBeGreaterThan(128);
  expect(makePassphrase(random)).toMatch(/^[2-9A-HJ-NP-Za-km-z]{22}$/);
  expect(makePassphrase(random)).not.toBe(makePassphrase(random));
});

it("every character is as likely as any other: bytes that would favour some are thrown away", () => {
  let next = 0;
  const all = { bytes: (n: number) => Uint8Array.from({ length: n }, () => next++ % 256) };
  const counts = new Map<string, number>();
  while (next < 256 * 22) for (const char of makePassphrase(all)) counts.set(char, (counts.get(char) ?? 0) + 1);
  expect(counts.size).toBe(57);
  expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  const onlyHigh = [255, 228, 229];
  let asked = 0;
  const stubborn = { bytes: (n: number) => Uint8Array.from({ length: n }, () => onlyHigh[asked++] ?? 0) };
  expect(makePassphrase(stubborn)).toBe(ALPHABET[0]!.repeat(22));
});

it("is shown in groups, and may be typed with or without their blanks", () => {
  expect(inGroups("abcdefghij")).toBe("abcd efgh ij");
  expect(isTypedAgain("abcdefghij", "abcd efgh  ij")).toBe(true);
  expect(isTypedAgain("abcdefghij", "abcdefghij")).toBe(true);
  expect(isTypedAgain("abcdefghij", "Abcdefghij")).toBe(false);
  expect(isTypedAgain("abcdefghij", "")).toBe(false);
});

it("of what people bring, the bad is refused", () => {
  for (const weak of [
    "",
    "short",
    "password1234",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "correct horse battery staple",
    "20261123235959",
    "Correct4Horse7Battery2Staple",
  ])
    expect(judgePassphrase(weak), weak).toHaveProperty("refused");
  for (const fair of ["xK7#pQ9vLm2$", "six words that somebody threw with dice"]) {
    expect(judgePassphrase(fair), fair).not.toHaveProperty("refused");
  }
  expect(judgePassphrase("six words from dice cliff margin")).toHaveProperty("advice");
  // Made here, and like words by chance.
  expect(judgePassphrase("Abcdef3Ghijkm4Nopqrst5")).toEqual({});
  for (let i = 0; i < 500; i++) expect(judgePassphrase(makePassphrase(random))).toEqual({});
});
