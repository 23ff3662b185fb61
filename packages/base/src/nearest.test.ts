import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, nearest } from "./nearest.ts";

describe("nearest", () => {
  const known = ["exclude", "exclude-regexp", "encrypt-key", "volsize", "name", "force"];
  it.each([
    ["encrypt", "encrypt-key"],
    ["volzise", "volsize"],
    ["forse", "force"],
    ["fnord", undefined],
    ["exclude-regex", "exclude-regexp"],
    ["exlcude", "exclude"],
    ["", undefined],
  ])("%s", (given, wanted) => expect(nearest(given, known)).toBe(wanted));
});

describe("editDistance", () => {
  it("counts single edits and swapped neighbours", () => {
    expect([editDistance("", "abc"), editDistance("abc", "acb"), editDistance("abc", "axc"), editDistance("abc", "abc")]).toEqual(
      [3, 1, 1, 0],
    );
  });
  it("is symmetric and at most the longer length", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
