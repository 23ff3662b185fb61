import { execFileSync } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BytePath, comparePaths, pathFromText } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { awkwardSpecs, makeAwkwardTree } from "./awkward-tree.ts";
import { compareTrees } from "./compare.ts";
import { isRoot, materialise } from "./materialise.ts";
import { treeArbitrary } from "./random-tree.ts";
import { asStored, scanTree, type TreeEntry } from "./scan.ts";
import { openTempDir, tempDir, withUmask } from "./temp-dir.ts";

const path = pathFromText;
const base: TreeEntry = { path: path("x"), type: "file", mode: 0o644, uid: 1, gid: 2, mtime: 3, size: 4, sha256: "ab" };

describe("compareTrees", () => {
  it("finds nothing between equal trees, whatever their order", () => {
    const other = { ...base, path: path("y") };
    expect(compareTrees([base, other], [other, { ...base }])).toEqual([]);
  });

  it.each<[string, Partial<TreeEntry>, string]>([
    ["type", { type: "fifo" }, "x: type is fifo, expected file"],
    ["mode", { mode: 0o4755 }, "x: mode is 4755, expected 0644"],
    ["uid", { uid: 9 }, "x: uid is 9, expected 1"],
    ["gid", { gid: 9 }, "x: gid is 9, expected 2"],
    ["mtime", { mtime: 9 }, "x: mtime is 9, expected 3"],
    ["size", { size: 9 }, "x: size is 9, expected 4"],
    ["content", { sha256: "cd" }, "x: sha256 is cd, expected ab"],
    ["target", { target: path("t") }, 'x: target is "t", expected absent'],
    ["device", { device: { major: 1, minor: 2 } }, "x: device is 1:2, expected absent"],
  ])("reports a different %s", (_, change, line) => {
    expect(compareTrees([base], [{ ...base, ...change }])).toEqual([line]);
  });

  it("reports what is missing and what should not be there", () => {
    const other = { ...base, path: path("a\n") };
    expect(compareTrees([base], [other])).toEqual(["unexpected: a\\x0a (file)", "missing: x (file)"]);
  });

  it("ignores what no duplicity keeps, and what it is told to", () => {
    const link: TreeEntry = { path: path("l"), type: "symlink", mode: 0o777, uid: 1, gid: 2, mtime: 3, target: path("t") };
    expect(compareTrees([link], [{ ...link, mode: 0, mtime: 9 }])).toEqual([]);
    expect(compareTrees([link], [{ ...link, target: "\xff" as BytePath }])).toHaveLength(1);
    const moved = { ...base, uid: 9, gid: 9, mtime: 9 };
    expect(compareTrees([base], [moved], { ignoreOwner: true, ignoreMtime: true })).toEqual([]);
    expect(compareTrees([base], [moved], { ignoreOwner: true })).toHaveLength(1);
  });
});

describe("scanTree", () => {
  it("sees what find sees", () => {
    const dir = tempDir();
    makeAwkwardTree(dir, { year1969: true });
    const format = ["%P", "%y", "%m", "%U", "%G", "%T@", "%s", "%l", ""].join("\\0");
    const fields = execFileSync("find", [dir, "-printf", format], { maxBuffer: 1e8 }).toString("latin1").split("\0");
    const letters: Record<string, TreeEntry["type"]> = {
      f: "file",
      d: "dir",
      l: "symlink",
      p: "fifo",
      c: "chardev",
      b: "blockdev",
      s: "socket",
    };
    const found = Array.from({ length: (fields.length - 1) / 8 }, (_, i) => {
      const [name, letter, mode, uid, gid, mtime, size, target] = fields.slice(8 * i, 8 * i + 8) as [string, ...string[]];
      const type = letters[letter!]!;
      return {
        path: name as BytePath,
        type,
        mode: Number.parseInt(mode!, 8),
        uid: Number(uid),
        gid: Number(gid),
        mtime: Math.floor(Number(mtime)),
        ...(type === "file" && { size: Number(size) }),
        ...(type === "symlink" && { target: target as BytePath }),
      };
    }).sort((a, b) => comparePaths(a.path, b.path));
    // `sha256` and `device` have tests of their own.
    expect(scanTree(dir).map((entry) => ({ ...entry, sha256: undefined, device: undefined }))).toEqual(found);
  });

  it("hashes what sha256sum hashes", () => {
    const dir = tempDir();
    writeFileSync(join(dir, "f"), Buffer.alloc(2_500_000, "abc"));
    const [expected] = execFileSync("sha256sum", [join(dir, "f")])
      .toString()
      .split(" ");
    expect(scanTree(`${dir}/`).map((entry) => entry.sha256)).toEqual([undefined, expected]);
  });

  it.runIf(isRoot)("takes device numbers apart as the system does", () => {
    const dir = tempDir();
    materialise([{ path: path("d"), type: "blockdev", device: { major: 3000, minor: 1_000_000 } }], dir);
    expect(execFileSync("stat", ["-c", "%Hr %Lr", join(dir, "d")]).toString()).toBe("3000 1000000\n");
    expect(scanTree(dir)[1]?.device).toEqual({ major: 3000, minor: 1_000_000 });
  });
});

describe("materialise", () => {
  it("makes exactly what was described", () => {
    fc.assert(
      fc.property(treeArbitrary, (specs) => {
        using dir = openTempDir();
        materialise(specs, dir.path);
        const expected = specs.map(({ content, mode, uid, gid, ...spec }) => ({
          ...spec,
          ...(content && { size: content.length }),
          ...(isRoot && uid !== undefined && { mode, uid, gid }),
        }));
        expected.sort((a, b) => comparePaths(a.path, b.path));
        expect(scanTree(dir.path).slice(1)).toMatchObject(expected);
      }),
      { numRuns: 25 },
    );
  });
});

describe("makeAwkwardTree", () => {
  it("is the same tree for the same seed, and another for another", () => {
    const [a, b, c] = [tempDir(), tempDir(), tempDir()];
    makeAwkwardTree(a);
    makeAwkwardTree(b);
    makeAwkwardTree(c, { seed: "other" });
    const entries = scanTree(a);
    expect(scanTree(b)).toEqual(entries);
    const differences = compareTrees(entries, scanTree(c));
    expect(differences.length).toBeGreaterThan(5);
    expect(differences.every((line) => line.includes("sha256"))).toBe(true);
    // Every spec is there, with its parents and the root.
    const there = new Set(entries.map((entry) => entry.path));
    for (const spec of awkwardSpecs()) if (isRoot || !spec.type.endsWith("dev")) expect(there).toContain(spec.path);
  });

  it.runIf(isRoot)("has every case that it promises", () => {
    const dir = tempDir();
    makeAwkwardTree(dir);
    const entries = scanTree(dir);
    const some = (test: (entry: TreeEntry) => boolean) => expect(entries.some(test)).toBe(true);
    for (const type of ["file", "dir", "symlink", "fifo", "chardev", "blockdev", "socket"]) some((e) => e.type === type);
    for (const size of [0, 1, 511, 512, 513, 65_535, 65_536, 65_537, 131_072, 3_500_000]) some((e) => e.size === size);
    for (const length of [99, 100, 101]) some((e) => e.path.length === length && e.type === "file");
    some((e) => e.path.length > 255);
    some((e) => e.path.split("/").some((part) => part.length === 255));
    for (const bit of [0o4000, 0o2000, 0o1000]) some((e) => (e.mode & bit) !== 0);
    for (const type of ["file", "dir"]) some((e) => e.type === type && e.mode === 0);
    some((e) => e.type === "dir" && e.mode === 0o555 && entries.some((below) => below.path.startsWith(`${e.path}/`)));
    for (const uid of [1, 65_534, 12_345, 3_000_000]) some((e) => e.uid === uid);
    some((e) => e.gid === 3_000_001);
    for (const mtime of [0, 4_102_444_800]) some((e) => e.mtime === mtime);
    some((e) => e.type === "dir" && e.mtime === 86_400);
    some((e) => (e.target?.length ?? 0) > 100);
    some((e) => e.target?.includes("\xff") ?? false);
    some((e) => e.type === "dir" && e.path.includes("\xe9") && !e.path.includes("\xc3"));
    expect(statSync(join(dir, "kind/hard-1")).nlink).toBe(3);
    expect(statSync(join(dir, "attr/fraction")).mtimeMs % 1000).toBe(750);
  });

  it("makes the special cases on request only", () => {
    const paths = (options: object) => awkwardSpecs(options).map((spec) => spec.path);
    expect(paths({})).not.toContain("data/huge-sparse");
    expect(paths({})).not.toContain("attr/1969");
    const dir = tempDir();
    makeAwkwardTree(dir, { huge: true, year1969: true });
    const huge = statSync(join(dir, "data/huge-sparse"));
    expect(huge.size).toBe(9 * 2 ** 30);
    expect(huge.blocks * 512).toBeLessThan(1e6);
    expect(statSync(join(dir, "attr/1969")).mtimeMs).toBe(-86_400_000);
  });

  it("loses its sockets and its years before 1970 in the format", () => {
    const old: TreeEntry = { ...base, mtime: -5 };
    expect(asStored([old, { ...base, type: "socket" }])).toEqual([{ ...base, mtime: 0 }]);
  });
});

describe("temporary directories", () => {
  let kept: string;
  it("are there during a test", () => {
    kept = tempDir();
    makeAwkwardTree(kept);
    expect(existsSync(kept)).toBe(true);
  });
  it("are gone after it, whatever was in them", () => {
    expect(existsSync(kept)).toBe(false);
  });
  it("withUmask puts the umask back, also after a failure", async () => {
    const before = process.umask();
    await withUmask(0o077, () => expect(process.umask()).toBe(0o077));
    await expect(withUmask(0o027, () => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(process.umask()).toBe(before);
  });
});
