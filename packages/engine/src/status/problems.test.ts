import { describe, expect, it } from "vitest";
import { type BackupSet, formatManifest, parseManifest, volumeName } from "@doppel/format";
import { ROOT } from "@doppel/base";
import { problemsOf } from "./problems.ts";

const time = new Date("2026-11-22T00:00:00Z");
const id = { kind: "full", start: time, end: time } as const;

function set(numbers: readonly number[], more: Partial<BackupSet> = {}): BackupSet {
  const volumes = new Map(numbers.map((number) => [number, volumeName(id, number, "gpg")]));
  return { id, volumes, manifest: "m", signatures: "s", encoding: "gpg", ...more };
}

function sizes(of: BackupSet, changed: Readonly<Record<string, number>> = {}): Map<string, number> {
  const names = [...of.volumes.values(), "m", "s"];
  return new Map(names.map((name) => [name, changed[name] ?? 1000]));
}

const manifestOf = (count: number) => {
  const volumes = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    start: { path: ROOT },
    end: { path: ROOT },
    hashes: new Map([["SHA1", "0".repeat(40)]]),
  }));
  return parseManifest(formatManifest({ volumes }));
};

describe("problemsOf", () => {
  it("finds nothing wrong with a whole set", () => {
    const whole = set([1, 2, 3]);
    expect(problemsOf(whole, { sizes: sizes(whole) })).toEqual([]);
    expect(problemsOf(whole, { sizes: sizes(whole), manifest: manifestOf(3) })).toEqual([]);
  });

  it("sees gaps in the numbers, also at the front", () => {
    const gap = set([2, 4]);
    expect(problemsOf(gap, { sizes: sizes(gap) })).toEqual(["volumes 1, 3 missing"]);
    const none = set([]);
    expect(problemsOf(none, { sizes: sizes(none) })).toEqual(["volume 1 missing"]);
  });

  it("sees a missing end only with a manifest", () => {
    const cut = set([1, 2]);
    expect(problemsOf(cut, { sizes: sizes(cut) })).toEqual([]);
    expect(problemsOf(cut, { sizes: sizes(cut), manifest: manifestOf(3) })).toEqual(["volume 3 missing"]);
  });

  it("sees what is empty, and lost signatures", () => {
    const one = set([1]);
    expect(problemsOf(one, { sizes: sizes(one, { [one.volumes.get(1)!]: 0, m: 0, s: 0 }) })).toEqual([
      "volume 1 empty",
      "manifest empty",
      "signature archive empty",
    ]);
    const { signatures: _, ...without } = one;
    expect(problemsOf(without, { sizes: sizes(one) })).toEqual(["signature archive missing"]);
  });

  it("allows the empty volume of a plain set in which nothing changed", () => {
    const plain = set([1], { encoding: "plain" });
    expect(problemsOf(plain, { sizes: sizes(plain, { [plain.volumes.get(1)!]: 0 }) })).toEqual([]);
  });
});
