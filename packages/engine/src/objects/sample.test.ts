import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseSample } from "./sample.ts";

const names = Array.from({ length: 100 }, (_, i) => `n${i}`);

describe("chooseSample", () => {
  it("chooses the same of the same names for the same seed, in whatever order they come", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(names), fc.nat(120), fc.nat(0xffff_ffff), (some, count, seed) => {
        const chosen = chooseSample(some, { kind: "objects", count }, seed);
        expect(chosen.size).toBe(Math.min(count, some.length));
        for (const name of chosen) expect(some).toContain(name);
        expect(chooseSample([...some].reverse(), { kind: "objects", count }, seed)).toEqual(chosen);
      }),
    );
  });

  it.each([
    [{ kind: "all" }, 100],
    [{ kind: "percent", percent: 5 }, 5],
    [{ kind: "percent", percent: 0.1 }, 1],
    [{ kind: "percent", percent: 0 }, 0],
    [{ kind: "percent", percent: 100 }, 100],
    [{ kind: "objects", count: 3 }, 3],
  ] as const)("%j of a hundred: %i", (sample, count) => {
    expect(chooseSample(names, sample, 1).size).toBe(count);
  });

  it("leaves none out for ever", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 400; seed++)
      for (const name of chooseSample(names, { kind: "objects", count: 5 }, seed)) seen.add(name);
    expect(seen.size).toBe(names.length);
  });
});
