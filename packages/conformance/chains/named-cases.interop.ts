import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, isRoot, randomContent, run, scanTree, stockDuplicity, type TreeSpec } from "@doppel/testkit";
import { expect, it } from "vitest";
import { filesBelow, makeBox, type Box, expectDone } from "../badinput/box.ts";
import { MixedChain } from "../src/chain.ts";
import { hashesBelow } from "../src/hashes.ts";
import { done } from "../src/program.ts";

const options = { envelope: ["--no-encryption"], sharedArchive: false };
const MIB = 2 ** 20;
const T0 = 1_600_000_000;

/** What GNU tar lists, in the order of the volumes: type and mode, size, name. */
interface TarEntry {
  readonly mode: string;
  readonly size: number;
  readonly name: string;
  readonly volume: number;
}

/** The entries of the objects of the newest set whose names have this in them. */
async function entriesOf(target: string, part: ".difftar" | ".sigtar"): Promise<TarEntry[]> {
  const objects = readdirSync(target).filter((name) => name.includes(part));
  const newest = objects
    .map((name) => /\.(\d{8}T\d{6}Z)\.(vol|difftar|sigtar)/.exec(name)![1]!)
    .sort()
    .at(-1)!;
  const volumeOf = (name: string): number => Number(/\.vol(\d+)\./.exec(name)?.[1] ?? 1);
  const found: TarEntry[] = [];
  for (const name of objects.filter((name) => name.includes(`${newest}.`)).sort((a, b) => volumeOf(a) - volumeOf(b))) {
    const { stdout } = await done(run("tar", ["-tvf", join(target, name)]));
    for (const line of stdout.toString().split("\n")) {
      const [, mode, size, entry] = /^(\S{10}) \S+ +(\d+) \S+ \S+ (.*)$/.exec(line) ?? [];
      if (entry !== undefined) found.push({ mode: mode!, size: Number(size), name: entry, volume: volumeOf(name) });
    }
  }
  return found;
}

const namesOf = (entries: readonly TarEntry[]): string[] => entries.map(({ name }) => name);
const file = (path: string, content: string | Uint8Array, more: Partial<TreeSpec> = {}): TreeSpec => ({
  path: path as TreeSpec["path"],
  type: "file",
  content: Buffer.from(content),
  ...more,
});
const dir = (path: string, more: Partial<TreeSpec> = {}): TreeSpec => ({ path: path as TreeSpec["path"], type: "dir", ...more });

/** A chain of doppel through these trees, and the entries of the last set; all points restored by both programs. */
async function through(
  trees: readonly (readonly TreeSpec[])[],
  look: (difftar: readonly TarEntry[], sigtar: readonly TarEntry[]) => void,
): Promise<void> {
  using chain = new MixedChain(options);
  for (const tree of trees) {
    chain.become(tree);
    await chain.backup("doppel", ["--volsize", "1"]);
  }
  look(await entriesOf(chain.target, ".difftar"), await entriesOf(chain.target, ".sigtar"));
  await chain.expectAllPoints();
}

describeInterop(["duplicity", "tar"], "an increment, case by case", () => {
  const content = randomContent("attributes", 300_000);

  it("only the mode changed: a delta of a few bytes that carries it, and the signature again", () =>
    through([[file("f", content)], [file("f", content, { mode: 0o4711 })]], (difftar, sigtar) => {
      expect(namesOf(difftar)).toEqual(["diff/f"]);
      expect(difftar[0]).toMatchObject({ mode: "-rws--x--x" });
      expect(difftar[0]!.size).toBeLessThan(40);
      expect(namesOf(sigtar)).toEqual(["signature/f"]);
    }));

  it("only the time changed, of a file and of a folder", () =>
    through(
      [
        [file("d/f", content), file("other", "x\n")],
        [file("d/f", content, { mtime: T0 + 100 }), dir("d", { mtime: T0 + 7 }), file("other", "x\n")],
      ],
      (difftar) => {
        expect(namesOf(difftar)).toEqual(["snapshot/d/", "diff/d/f"]);
        expect(difftar[1]!.size).toBeLessThan(40);
      },
    ));

  it.runIf(isRoot)("only the owner changed", () =>
    through([[file("f", content)], [file("f", content, { uid: 1234, gid: 4321 })]], (difftar) => {
      expect(namesOf(difftar)).toEqual(["diff/f"]);
      expect(difftar[0]!.size).toBeLessThan(40);
    }),
  );

  it("a file becomes a folder, and the folder a file", async () => {
    const [asFile, asFolder] = [[file("x", "a file\n")], [file("x/in/deep", "1\n"), file("x/top", "2\n")]];
    await through([asFile, asFolder], (difftar) => {
      expect(namesOf(difftar)).toEqual(["snapshot/x/", "snapshot/x/in/", "snapshot/x/in/deep", "snapshot/x/top"]);
    });
    await through([asFile, asFolder, asFile], (difftar, sigtar) => {
      expect(namesOf(difftar)).toEqual(["snapshot/x", "deleted/x/in", "deleted/x/in/deep", "deleted/x/top"]);
      expect(namesOf(sigtar)).toEqual(["signature/x", "deleted/x/in", "deleted/x/in/deep", "deleted/x/top"]);
    });
  });

  it("a deleted folder: each of its descendants is recorded as deleted", () =>
    through([[file("d/e/f", "1\n"), file("d/g", "2\n"), file("stays", "3\n")], [file("stays", "3\n")]], (difftar, sigtar) => {
      const deleted = ["deleted/d", "deleted/d/e", "deleted/d/e/f", "deleted/d/g"];
      expect(namesOf(difftar)).toEqual(deleted);
      expect(namesOf(sigtar)).toEqual(deleted);
    }));

  it("a renamed folder: deleted under the old name, whole under the new one", () =>
    through(
      [
        [file("old/a/one", "1\n"), file("old/two", "2\n")],
        [file("new/a/one", "1\n"), file("new/two", "2\n")],
      ],
      (difftar) => {
        const added = ["snapshot/new/", "snapshot/new/a/", "snapshot/new/a/one", "snapshot/new/two"];
        expect(namesOf(difftar)).toEqual([...added, "deleted/old", "deleted/old/a", "deleted/old/a/one", "deleted/old/two"]);
      },
    ));

  it("a file that grows over the borders of volumes", () => {
    const small = randomContent("small", 200_000);
    const grown = Buffer.concat([small, randomContent("much more", 4 * MIB)]);
    const tree = (bytes: Uint8Array, mtime: number) => [
      file("a", "a\n"),
      file("grows", bytes, { mtime }),
      file("z", "z\n", { mtime }),
    ];
    return through([tree(small, T0), tree(grown, T0 + 1), tree(small, T0 + 2), tree(grown, T0 + 3)], (difftar) => {
      const pieces = difftar.filter(({ name }) => /^(multivol_)?diff\/grows/.test(name));
      expect(pieces.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(4 * MIB);
      expect(new Set(difftar.map(({ volume }) => volume)).size).toBeGreaterThan(3); // of 1 MB each
      expect(namesOf(difftar)).toContain("diff/z");
      expect(namesOf(difftar)).not.toContain("diff/a");
    });
  });

  it("nothing changed, twice: sets without entries, on which others go on", async () => {
    using chain = new MixedChain(options);
    for (const maker of ["doppel", "doppel", "doppel", "stock", "doppel"] as const) {
      if (chain.points === 0) chain.become([file("f", "1\n")]);
      await chain.backup(maker);
      if (chain.points > 1) {
        expect(await entriesOf(chain.target, ".difftar")).toEqual([]);
        expect(await entriesOf(chain.target, ".sigtar")).toEqual([]);
      }
    }
    chain.become([file("f", "2\n", { mtime: T0 + 5 })]);
    await chain.backup("stock");
    await chain.expectAllPoints();
  });
});

/** `doppel` with the places of the box and without encryption. */
const backup = (box: Box, command: readonly string[], asNobody = false) =>
  box.doppel(
    [...command, "--no-encryption", "--archive-dir", box.archive, "--name", "chain", box.source, `file://${box.target}`],
    {
      asNobody,
    },
  );
const restore = (box: Box, out: string, more: readonly string[] = []) =>
  box.doppel([
    "restore",
    "--no-encryption",
    "--archive-dir",
    box.archive,
    "--name",
    "other",
    ...more,
    box.target,
    join(box.path, out),
  ]);
const setsOf = (box: Box): string[] =>
  readdirSync(box.target)
    .filter((name) => name.endsWith(".manifest"))
    .sort();

describeInterop(["duplicity"], "when an increment is made, and when not", () => {
  it.runIf(isRoot)("what cannot be read keeps its old state, and the run ends with 3", async () => {
    const box = makeBox();
    mkdirSync(join(box.source, "closed"));
    writeFileSync(join(box.source, "closed", "inside"), "inside\n");
    mkdirSync(box.target, { mode: 0o777 });
    chmodSync(box.target, 0o777);
    expectDone(await backup(box, ["full"], true));
    const before = scanTree(box.source);
    chmodSync(join(box.source, "one"), 0);
    chmodSync(join(box.source, "closed"), 0);
    writeFileSync(join(box.source, "two"), "two, changed\n");
    utimesSync(join(box.source, "two"), T0, T0);
    const outcome = await backup(box, ["incremental"], true);
    expect(outcome.code, outcome.stderr).toBe(3);
    expect(outcome.stderr).toMatch(/one: /);
    expect(outcome.stderr).toMatch(/closed: /);
    expect(await entriesOf(box.target, ".difftar")).not.toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^deleted/) }),
    );
    expectDone(await restore(box, "out"));
    const content = (path: string) => scanTree(join(box.path, "out")).find((entry) => entry.path === path)?.sha256;
    for (const path of ["one", "closed/inside"])
      expect(content(path), path).toBe(before.find((entry) => entry.path === path)!.sha256);
    expect(content("two")).toBe(scanTree(box.source).find((entry) => entry.path === "two")!.sha256);
  });

  it("two increments in one second: the second waits for the next", async () => {
    const box = makeBox();
    expectDone(await backup(box, ["full"]));
    expectDone(await backup(box, []));
    expectDone(await backup(box, ["incremental"]));
    const ends = setsOf(box).map((name) => /(\d{8}T\d{6}Z)\.manifest$/.exec(name)![1]);
    expect(new Set(ends).size).toBe(3);
    using stock = stockDuplicity();
    const { stdout } = await done(stock.run(["collection-status", `file://${box.target}`]));
    expect(stdout.toString()).toMatch(/Number of contained backup sets: 3\n/);
    expect(stdout.toString()).toContain("No orphaned or incomplete backup sets found.");
  });

  it("without a chain: incremental refuses with 17, backup makes a full one", async () => {
    const box = makeBox();
    const outcome = await backup(box, ["incremental"]);
    expect(outcome).toMatchObject({ code: 17, stderr: expect.stringMatching(/^doppel: .*make a full backup first\n$/) });
    expect(filesBelow(box.target)).toEqual([]);
    expectDone(await backup(box, ["backup"]));
    expect(setsOf(box)).toEqual([expect.stringMatching(/^duplicity-full\./)]);
  });

  it("--full-if-older-than: an increment until then, also when asked for by name", async () => {
    const box = makeBox();
    const at = (seconds: number) => ["--current-time", `${1_700_000_000 + seconds}`];
    const week = ["--full-if-older-than", "7D"];
    expectDone(await backup(box, ["incremental", ...week, ...at(0)]));
    expectDone(await backup(box, [...week, ...at(6 * 86_400)]));
    expectDone(await backup(box, ["incremental", ...week, ...at(8 * 86_400)]));
    expectDone(await backup(box, ["incremental", ...week, ...at(9 * 86_400)]));
    const kinds = setsOf(box).map((name) => /^duplicity-(full|inc)/.exec(name)![1]);
    expect(kinds).toEqual(["full", "full", "inc", "inc"]);
    expect(setsOf(box).at(-1)).toMatch(/inc\.20231122T\d+Z\.to\.20231123T/);
  });

  it("another folder: refused with 42, nothing stored; --allow-source-mismatch goes on", async () => {
    const box = makeBox();
    expectDone(await backup(box, ["full"]));
    const before = hashesBelow(box.target);
    const moved = { ...box, source: join(box.path, "moved") };
    renameSync(box.source, moved.source);
    rmSync(join(moved.source, "one"));
    for (const command of [["incremental"], []]) {
      const outcome = await backup(moved, command);
      expect(outcome).toMatchObject({ code: 42, stderr: expect.stringMatching(/^doppel: .*--allow-source-mismatch\n$/) });
    }
    expect(hashesBelow(box.target)).toEqual(before);
    expectDone(await backup(moved, ["incremental", "--allow-source-mismatch"]));
    expectDone(await restore(box, "out"));
    expect(scanTree(join(box.path, "out")).map(({ path }) => path)).toEqual(["", "three", "two"]);
    expectDone(await backup(moved, ["incremental"])); // from now on it is this folder's chain
  });
});
