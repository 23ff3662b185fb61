import type { TreeEntry } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Dice } from "./dice.ts";
import { differencesFrom } from "./differences.ts";
import { Ledger, LostBackup } from "./ledger.ts";
import { chooseRetention } from "./retention.ts";
import { chainsOf, completeSets, hiddenSets, incompleteSets } from "./sets.ts";

const file = (path: string, sha256: string, type: TreeEntry["type"] = "file"): TreeEntry => ({
  path: path as TreeEntry["path"],
  type,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 1,
  size: 1,
  sha256,
});
const DAY = 86_400;
const stamp = (day: number): string => new Date(day * DAY * 1000).toISOString().replace(/[-:]|\.000/g, "");
const full = (day: number): string => `duplicity-full.${stamp(day)}.manifest.gpg`;
const inc = (from: number, to: number): string => `duplicity-inc.${stamp(from)}.to.${stamp(to)}.manifest`;

describe("differencesFrom", () => {
  const [before, after] = [
    [file("a", "1"), file("b", "1"), file("c", "1")],
    [file("a", "1"), file("b", "2"), file("d", "1")],
  ] as const;

  it("holds a backup of one state to exactly that", () => {
    expect(differencesFrom([before], before)).toEqual([]);
    expect(differencesFrom([before], after)).not.toEqual([]);
    expect(differencesFrom([before], before.slice(1))).not.toEqual([]);
  });

  it("lets one of several states be between them, and nothing else", () => {
    for (const found of [before, after, [file("a", "1"), file("b", "2"), file("c", "1")], [file("a", "1")]])
      expect(differencesFrom([before, after], found)).toEqual([]);
    expect(differencesFrom([before, after], [file("a", "1"), file("b", "3")])).toEqual([expect.stringMatching(/^b is /)]);
    expect(differencesFrom([before, after], [file("a", "1"), file("x", "1")])).toEqual([expect.stringMatching(/^x is /)]);
    expect(differencesFrom([before, after], [file("b", "1")])).toEqual(["missing, though it never changed: a"]);
  });
});

describe("the ledger", () => {
  it("promises what has a manifest, of all states that its run has seen", () => {
    const ledger = new Ledger();
    const trees = ["1", "2", "3"].map((content) => [file("a", content)]);
    trees.forEach((tree, day) => ledger.attempt((day + 1) * DAY, tree));
    expect(ledger.look([full(1), inc(1, 2)])).toHaveLength(2);
    expect(ledger.points).toEqual([
      { time: DAY, trees },
      { time: 2 * DAY, trees: trees.slice(1) },
    ]);
    expect(ledger.look([full(1), inc(1, 2)])).toEqual([]);
  });

  it("misses what is gone, unless it might go", () => {
    const ledger = new Ledger();
    ledger.attempt(DAY, []);
    const sets = completeSets([full(1), inc(1, 2)]);
    ledger.look([full(1), inc(1, 2)]);
    expect(() => ledger.look([full(1)])).toThrow(LostBackup);
    ledger.look([full(1)], sets);
    expect(ledger.points.map(({ time }) => time)).toEqual([DAY]);
  });
});

describe("sets and retention", () => {
  const names = [full(1), inc(1, 2), full(10), inc(10, 11), full(20), inc(2, 21)];
  const sets = completeSets([...names, `duplicity-inc.${stamp(11)}.to.${stamp(12)}.vol1.difftar.gpg`, "other"]);

  it("reads chains from names", () => {
    expect(chainsOf(sets).map((chain) => chain.map(({ end }) => end / DAY))).toEqual([[10, 11], [20], [1, 2, 21]]);
    const left = `duplicity-inc.${stamp(11)}.to.${stamp(12)}.vol1.difftar.gpg`;
    expect(incompleteSets([...names, left])).toEqual([{ kind: "inc", start: 11 * DAY, end: 12 * DAY }]);
  });

  it("knows what two machines hide from each other", () => {
    expect(hiddenSets(sets.slice(0, -1))).toEqual([]);
    const forked = completeSets([full(1), inc(1, 2), inc(1, 3), inc(3, 4)]);
    expect(chainsOf(forked).map((chain) => chain.map(({ end }) => end / DAY))).toEqual([[1, 3, 4]]);
    expect(hiddenSets(forked).map(({ end }) => end / DAY)).toEqual([2]);
    expect(hiddenSets(completeSets([full(1), full(2), inc(1, 3)])).map(({ end }) => end / DAY)).toEqual([2]);
  });

  it("never lets the newest chain go, and of the others what a command names", () => {
    const gone = new Map<string, Set<string>>();
    for (let seed = 0; seed < 300; seed++) {
      const { command, args, mayGo } = chooseRetention(new Dice(seed), 32 * DAY);
      const days = mayGo(sets.slice(0, -1)).map(({ end }) => end / DAY);
      expect(days).not.toContain(20);
      gone.set(command, (gone.get(command) ?? new Set()).add(`${args.join(" ")}: ${days.join()}`));
    }
    expect(gone.get("cleanup")).toEqual(new Set(["--even-recent: ", ": "]));
    expect(gone.get("remove-all-but-n-full")).toEqual(new Set(["1: 1,2,10,11", "2: 1,2", "3: "]));
    expect(gone.get("remove-all-inc-of-but-n-full")).toEqual(new Set(["1: 2,11", "2: 2", "3: "]));
    expect(gone.get("remove-older-than")).toContain(`${12 * DAY}: 1,2,10,11`);
    expect(gone.get("prune")).toContain("--keep-daily 1: 1,2,10,11");
    expect(gone.get("prune")).toContain("--keep-daily 2: 1,2");
  });
});
