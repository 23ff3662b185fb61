import { type BytePath, comparePaths, type EntryType } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FolderTally } from "../source/folder-tally.ts";
import { folderOf } from "./folder-of.ts";
import { FolderRatios } from "./folder-ratios.ts";

const of = (path: string, type: EntryType, depth = 1): string => folderOf(path as BytePath, type, depth);

describe("folderOf", () => {
  it.each([
    ["etc/ssl/key", "file", 1, "etc"],
    ["etc/ssl/key", "file", 2, "etc/ssl"],
    ["etc/ssl/key", "file", 9, "etc/ssl"],
    ["etc/passwd", "file", 2, "etc"],
    ["etc", "dir", 1, "etc"],
    ["etc", "dir", 2, "etc"],
    ["etc/ssl", "dir", 2, "etc/ssl"],
    ["passwd", "file", 2, ""],
    ["", "dir", 1, ""],
    ["", "file", 1, ""],
    ["etc/passwd", "file", 0, ""],
  ] as const)("%s, a %s, at depth %i: %j", (path, type, depth, folder) => {
    expect(of(path, type, depth)).toBe(folder);
  });
});

const names = fc.constantFrom("a", "b", "a-b", "c.d");
const tree = fc
  .uniqueArray(
    fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/") as BytePath),
    { maxLength: 30 },
  )
  .map((paths) => [...paths].sort(comparePaths));

describe("FolderTally", () => {
  it("counts each file once, in the folder that it lies in", () => {
    fc.assert(
      fc.property(tree, fc.integer({ min: 1, max: 3 }), (paths, depth) => {
        const tally = new FolderTally(depth);
        paths.forEach((path, i) => tally.add({ path, type: "file" }, i, i % 2 === 0 ? 1 : undefined));
        const expected = new Map<string, { files: number; bytes: number; changedFiles: number; changedBytes: number }>();
        paths.forEach((path, i) => {
          const folder = of(path, "file", depth);
          const row = expected.get(folder) ?? { files: 0, bytes: 0, changedFiles: 0, changedBytes: 0 };
          const changed = i % 2 === 0 ? 1 : 0;
          expected.set(folder, {
            files: row.files + 1,
            bytes: row.bytes + i,
            changedFiles: row.changedFiles + changed,
            changedBytes: row.changedBytes + changed,
          });
        });
        expect(new Map(tally.totals().map(({ folder, ...counts }) => [folder as string, counts]))).toEqual(expected);
      }),
    );
  });

  it("tells of an empty folder, and not of the source itself", () => {
    const tally = new FolderTally(1);
    tally.add({ path: "" as BytePath, type: "dir" }, 0, undefined);
    tally.add({ path: "mnt" as BytePath, type: "dir" }, 4096, undefined);
    expect(tally.totals()).toEqual([{ folder: "mnt", files: 0, bytes: 0, changedFiles: 0, changedBytes: 0 }]);
  });

  it("counts the folders beyond a thousand together", () => {
    const tally = new FolderTally(1);
    for (let i = 0; i < 1500; i++) tally.add({ path: `f${i}/x` as BytePath, type: "file" }, 1, 1);
    tally.add({ path: "f3/y" as BytePath, type: "file" }, 1, 1);
    const totals = tally.totals();
    expect(totals).toHaveLength(1001);
    expect(totals.at(-1)).toMatchObject({ folder: undefined, files: 500 });
    expect(totals[3]).toMatchObject({ folder: "f3", files: 2 });
  });
});

describe("FolderRatios", () => {
  const at = (ratios: FolderRatios, path: string, volume: number, offset: number): void =>
    ratios.place({ path: path as BytePath, type: "file" }, { volume, offset });
  const layout = { encoding: "plain" } as const;

  it("shares a piece out among the folders that meet in it", () => {
    const ratios = new FolderRatios(1);
    at(ratios, "a/1", 1, 0);
    at(ratios, "a/2", 1, 50);
    at(ratios, "b/1", 1, 150);
    ratios.stored({ number: 1, tarBytes: 250, pieceBytes: 100, pieces: [10, 100, 25], layout });
    expect(ratios.of("a" as BytePath)).toBeCloseTo((10 + 50) / 150);
    expect(ratios.of("b" as BytePath)).toBeCloseTo((50 + 25) / 100);
    expect(ratios.of("c" as BytePath)).toBeUndefined();
  });

  it("shares all stored bytes out, over volumes that are stored in any order", () => {
    const volume = fc.record({
      cuts: fc.array(fc.tuple(names, fc.integer({ min: 1, max: 300 })), { minLength: 1, maxLength: 8 }),
      piece: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(volume, { minLength: 1, maxLength: 3 }), (volumes) => {
        const ratios = new FolderRatios(1);
        const tar = new Map<string, number>();
        let stored = 0;
        const layouts = volumes.map(({ cuts, piece }, i) => {
          let offset = 0;
          for (const [name, length] of cuts) {
            at(ratios, `${name}/x`, i + 1, offset);
            tar.set(name, (tar.get(name) ?? 0) + length);
            offset += length;
          }
          const pieces = Array.from({ length: Math.ceil(offset / piece) }, (_, k) => k + 1);
          stored += pieces.reduce((a, b) => a + b, 0);
          return { number: i + 1, tarBytes: offset, pieceBytes: piece, pieces, layout };
        });
        for (const layoutOfVolume of layouts.reverse()) ratios.stored(layoutOfVolume);
        const sum = [...tar].reduce((total, [name, bytes]) => total + bytes * ratios.of(name as BytePath)!, 0);
        expect(sum).toBeCloseTo(stored);
      }),
    );
  });

  it("says nothing of a volume that it was not told of", () => {
    const ratios = new FolderRatios(1);
    ratios.stored({ number: 1, tarBytes: 100, pieceBytes: 100, pieces: [10], layout });
    expect(ratios.of("a" as BytePath)).toBeUndefined();
  });
});
