import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  compareTrees,
  describeInterop,
  isRoot,
  randomContent,
  type RunResult,
  scanTree,
  tempDir,
  type TreeEntry,
  type TreeSpec,
} from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MixedChain } from "../src/chain.ts";
import { hashesBelow } from "../src/hashes.ts";
import { done, doppel } from "../src/program.ts";

const T0 = 1_600_000_000;
const same = { ignoreOwner: !isRoot };

const file = (path: string, content: string | Uint8Array, mtime = T0): TreeSpec => ({
  path: path as TreeSpec["path"],
  type: "file",
  content: Buffer.from(content),
  mtime,
});
const news = ["new1", "new2", "new3"].map((name) => file(name, randomContent(name, 1_000_000), T0 + 2));
const keep = file("keep", "keep\n");
/** The third set, in the middle, has three volumes: new1, new2, new3 and z. */
const TREES: readonly (readonly TreeSpec[])[] = [
  [file("a", "a0\n"), keep, file("z", "z0\n")],
  [file("a", "a1\n", T0 + 1), keep, file("z", "z0\n")],
  [file("a", "a1\n", T0 + 1), keep, ...news, file("z", "z2\n", T0 + 2)],
  [file("a", "a3\n", T0 + 3), keep, ...news, file("z", "z2\n", T0 + 2)],
];

let chain: MixedChain;
beforeAll(async () => {
  chain = new MixedChain({ envelope: ["--no-encryption"], sharedArchive: false });
  for (const tree of TREES) {
    chain.become(tree);
    await chain.backup("doppel", ["--volsize", "1"]);
  }
});
afterAll(() => chain[Symbol.dispose]());

/** A copy of the chain, target and archive directory, that a test may break. */
function broken() {
  const dir = tempDir();
  const [target, archive] = [join(dir, "target"), join(dir, "archive")];
  cpSync(chain.target, target, { recursive: true });
  cpSync(chain.archive, join(archive, "chain"), { recursive: true });
  const url = `file://${target}`;
  const run = (args: readonly string[], archiveDir: string) =>
    doppel([...args, "--no-encryption", "--archive-dir", archiveDir, "--name", "chain"]);
  let count = 0;
  return {
    target,
    copies: join(archive, "chain"),
    /** The only object at the target whose name has all of this in it. */
    object(...parts: readonly string[]): string {
      const found = readdirSync(target).filter((name) => parts.every((part) => name.includes(part)));
      expect(found, parts.join(" ")).toHaveLength(1);
      return join(target, found[0]!);
    },
    backup: (command: readonly string[], at: number) => run([...command, "--current-time", `${at}`, chain.source, url], archive),
    /** With nothing but the target. */
    status: async () => (await run(["status", url], join(dir, "cold"))).stdout.toString(),
    /** With nothing but the target, and the source to compare with. */
    verify: (more: readonly string[]) => run(["verify", ...more, url, chain.source], join(dir, "cold")),
    /** With nothing but the target. */
    async restore(more: readonly string[]): Promise<{ readonly result: RunResult; readonly tree: () => TreeEntry[] }> {
      const out = join(dir, `out-${count++}`);
      mkdirSync(out);
      const result = await run(["restore", ...more, url, join(out, "it")], join(dir, "cold"));
      return { result, tree: () => scanTree(join(out, "it")) };
    },
    async expectPoint(n: number, more: readonly string[] = ["-t", `${chain.timeAfter(n)}`]): Promise<void> {
      const { result, tree } = await this.restore(more);
      expect(result.code, result.stderr.toString()).toBe(0);
      expect(compareTrees(chain.expected(n), tree(), same)).toEqual([]);
    },
    async expectFailure(n: number, message: RegExp, code = 21): Promise<void> {
      expectLine((await this.restore(["--fail-fast", "-t", `${chain.timeAfter(n)}`])).result, code, message);
    },
    async expectPath(n: number, path: string): Promise<void> {
      const out = join(dir, `out-${count++}`);
      await done(run(["restore", "-t", `${chain.timeAfter(n)}`, "-r", path, url, out], join(dir, "cold")));
      expect(readFileSync(out).equals(Buffer.from(TREES[n]!.find((spec) => spec.path === path)!.content!))).toBe(true);
    },
  };
}

function expectLine(result: RunResult, code: number, message: RegExp): void {
  expect(result.stderr.toString()).toMatch(message);
  expect(result.stderr.toString()).toMatch(/^doppel: [^\n]+\n$/);
  expect(result.code).toBe(code);
}

/** Runs something that must neither add, change nor delete anything at the target. */
async function withoutTouching(copy: ReturnType<typeof broken>, action: () => Promise<void>): Promise<void> {
  const before = hashesBelow(copy.target);
  await action();
  expect(hashesBelow(copy.target)).toEqual(before);
}

const AFTER = () => chain.timeOf(9);
/** The time in the names of a set. */
const stamp = (n: number): string => {
  const ends = readdirSync(chain.target).flatMap((name) => /(\d{8}T\d{6}Z)\.manifest$/.exec(name)?.[1] ?? []);
  return ends.sort()[n]!;
};

describeInterop([], "a chain of which something is missing or damaged", () => {
  it("a volume in the middle is missing: what does not need it is restored, and it is named", async () => {
    const copy = broken();
    rmSync(copy.object(`to.${stamp(2)}.vol2`));
    await withoutTouching(copy, async () => {
      for (const n of [0, 1]) await copy.expectPoint(n);
      for (const n of [2, 3]) await copy.expectFailure(n, /duplicity-inc\.\S+\.vol2\.difftar\.gz is missing at the target/);
      for (const path of ["a", "keep", "new1", "new3", "z"]) await copy.expectPath(3, path);
      expectLine((await copy.restore(["--fail-fast", "-r", "new2"])).result, 21, /vol2\.difftar\.gz is missing/);
      expect(await copy.status()).toMatch(/volume 2 missing/);
    });
  });

  it("a volume in the middle is damaged", async () => {
    const copy = broken();
    const volume = copy.object(`to.${stamp(2)}.vol2`);
    const bytes = readFileSync(volume);
    bytes[1000]! ^= 1;
    writeFileSync(volume, bytes);
    await withoutTouching(copy, async () => {
      for (const n of [0, 1]) await copy.expectPoint(n);
      for (const n of [2, 3])
        await copy.expectFailure(n, /vol2\.difftar\.gz is not what the manifest says: SHA256 .*INCOMPLETE restore/);
      for (const path of ["a", "new3"]) await copy.expectPath(3, path);
    });
  });

  it("volumes are lost: only what needs them is left out, and each such path is named", async () => {
    const copy = broken();
    rmSync(copy.object(`to.${stamp(2)}.vol2`));
    const volume = copy.object(`to.${stamp(3)}.vol1`);
    writeFileSync(volume, Buffer.concat([readFileSync(volume), Buffer.from("x")]));
    await withoutTouching(copy, async () => {
      const { result, tree } = await copy.restore([]);
      const told = result.stderr.toString();
      expect(told).toMatch(/^warning: \S+vol2\.difftar\.gz is missing at the target/m);
      expect(told).toMatch(/^warning: \S+vol1\.difftar\.gz is not what the manifest says/m);
      expect(told).toMatch(/^warning: a: lost: it is in a volume that cannot be used$/m);
      expect(told).toMatch(/^warning: new2: lost: /m);
      expect(told).toMatch(/^Restore INCOMPLETE: 4 problems$/m);
      expect(result.code).toBe(3);
      const left = chain.expected(3).filter(({ path }) => path !== "a" && path !== "new2");
      expect(compareTrees(left, tree(), same)).toEqual([]);
      const single = await copy.restore(["-r", "new3"]);
      expect([single.result.code, single.result.stderr.toString()]).toEqual([0, ""]);
      const lost = (await copy.restore(["-r", "new2"])).result;
      expect([lost.code, lost.stdout.toString()]).toEqual([3, expect.stringContaining("0 entries")]);
      expect((await copy.restore(["--keep-going", "-r", "new3"])).result.code).toBe(0); // as it always was
      const both = (await copy.restore(["--keep-going", "--fail-fast"])).result;
      expect([both.code, both.stderr.toString()]).toEqual([2, expect.stringContaining("--fail-fast cannot stand beside")]);
      const none = (await copy.restore(["-r", "nope"])).result;
      expect([none.code, none.stderr.toString()]).toEqual([19, expect.stringContaining("nope not found")]);
    });
  });

  it("a volume and the signatures of its set are lost: what it may have said is not guessed", async () => {
    const copy = broken();
    rmSync(copy.object(`to.${stamp(3)}.vol1`));
    rmSync(copy.object("new-signatures", `to.${stamp(3)}`));
    for (const name of readdirSync(copy.target)) if (name.includes("index")) rmSync(join(copy.target, name));
    await withoutTouching(copy, async () => {
      const { result, tree } = await copy.restore([]);
      const told = result.stderr.toString();
      expect(told).toMatch(/vol1\.difftar is missing .*it held paths from a to a: what else it held is not known/);
      expect(told).toMatch(/^warning: a: uncertain: /m);
      expect(result.code).toBe(3);
      const left = chain.expected(3).filter(({ path }) => path !== "a");
      expect(compareTrees(left, tree(), same)).toEqual([]);
    });
  });

  it("verify names every volume that is lost and every path with it, and fails at the end", async () => {
    const copy = broken();
    const volumes = readdirSync(copy.target).filter((name) => name.includes(".difftar")).length;
    rmSync(copy.object(`to.${stamp(2)}.vol2`));
    rmSync(copy.object("duplicity-full.", "vol1"));
    await withoutTouching(copy, async () => {
      const result = await copy.verify([]);
      const told = result.stderr.toString();
      for (const name of ["inc.\\S+vol2", "full.\\S+vol1"])
        expect(told).toMatch(new RegExp(`^warning: duplicity-${name}\\S+ is missing`, "m"));
      for (const path of ["a", "keep", "new2", "z"]) expect(told).toMatch(new RegExp(`^warning: ${path}: lost: `, "m"));
      expect(told).toMatch(new RegExp(`^Backup DAMAGED: 2 of ${volumes} volumes cannot be used, 4 paths lost$`, "m"));
      expect(result.code).toBe(21);
    });
  });

  it("verify of one path reads the volumes that can hold it, says so, and fails where there is no such path", async () => {
    const copy = broken();
    rmSync(copy.object(`to.${stamp(2)}.vol2`));
    const one = await copy.verify(["-r", "new3"]);
    expect(one.stdout.toString()).toMatch(/^The 4 volumes that can hold new3 were read and checked, no others/);
    expect(one.code).toBe(0);
    expect((await copy.verify(["-r", "new2"])).code).toBe(21);
    expectLine(await copy.verify(["-r", "nope"]), 19, /nope not found in archive - no files verified/);
  });

  it("a manifest in the middle is missing: the state before the hole, and status says so", async () => {
    const copy = broken();
    rmSync(copy.object(`to.${stamp(2)}.manifest`));
    await withoutTouching(copy, async () => {
      for (const n of [0, 1]) await copy.expectPoint(n);
      const { result, tree } = await copy.restore(["-t", `${chain.timeAfter(3)}`]);
      expect(result.code).toBe(3);
      expect(compareTrees(chain.expected(1), tree(), same)).toEqual([]);
      expect(result.stderr.toString()).toMatch(
        new RegExp(`1 later backup, of ${stamp(3)}, cannot be used.*the state of ${stamp(1)}`),
      );
      const status = await copy.status();
      expect(status).toMatch(/LOST: the manifest of 1 backup whose receipt says that it was finished\./);
      expect(status).toMatch(/1 orphaned increment: a backup that they build on has lost its manifest/);
    });
    const before = hashesBelow(copy.target);
    await done(copy.backup(["incremental"], AFTER())); // goes on before the hole
    expect(hashesBelow(copy.target)).toMatchObject(before);
    await copy.expectPoint(3, []); // the orphan is older than this
  });

  it("a manifest that is not that of its volumes, or names one that is not there", async () => {
    const copy = broken();
    const [wanted, other] = [copy.object(`to.${stamp(2)}.manifest`), copy.object(`to.${stamp(3)}.manifest`)];
    copyFileSync(wanted, other);
    await withoutTouching(copy, async () => {
      for (const n of [0, 1, 2]) await copy.expectPoint(n);
      await copy.expectFailure(3, new RegExp(`to\\.${stamp(3)}\\.vol\\d\\.difftar\\.gz is (missing|not what the manifest says)`));
    });
    writeFileSync(wanted, readFileSync(wanted).subarray(0, 100));
    await withoutTouching(copy, async () => {
      for (const n of [0, 1]) await copy.expectPoint(n);
      await copy.expectFailure(2, new RegExp(`to\\.${stamp(2)}\\.manifest: `));
    });
  });

  it("volumes that the manifest does not name: the rest is restored, and told with exit code 3", async () => {
    const copy = broken();
    const manifest = copy.object(`to.${stamp(2)}.manifest`);
    const text = readFileSync(manifest, "latin1");
    writeFileSync(manifest, text.slice(0, text.indexOf("Volume 2:")));
    await withoutTouching(copy, async () => {
      for (const n of [0, 1]) await copy.expectPoint(n);
      const { result, tree } = await copy.restore([]);
      expect(result.stderr.toString()).toMatch(
        new RegExp(`to\\.${stamp(2)}\\.vol2\\.difftar\\.gz and 1 more: .*not in the manifest`),
      );
      expect(result.code).toBe(3);
      expect(tree().map(({ path }) => path)).toEqual(["", "a", "keep", "new1", "z"]);
    });
  });

  it("two different full backups of one second: nothing is guessed, until one is moved away", async () => {
    const copy = broken();
    const double = copy.object("duplicity-full.", "vol1").replace(/\.gz$/, ".gpg");
    writeFileSync(double, "another machine's");
    await withoutTouching(copy, async () => {
      for (const n of [0, 3]) await copy.expectFailure(n, /both are volume 1 of one backup set: \S+\.gpg, \S+\.gz; move/);
      expectLine(await copy.backup(["incremental"], AFTER()), 21, /both are volume 1 of one backup set/);
      expect(await copy.status()).toMatch(/Conflict: both are volume 1/);
    });
    renameSync(double, join(copy.target, "..", "away"));
    await copy.expectPoint(3);
  });

  it("a full backup in the second of another machine's replaces nothing", async () => {
    const copy = broken();
    rmSync(copy.copies, { recursive: true });
    await withoutTouching(copy, async () => {
      expectLine(await copy.backup(["full"], chain.timeOf(0)), 50, /the name is taken, and nothing is ever replaced/);
    });
  });

  it("a clock that went backwards: neither an increment nor a full backup", async () => {
    const copy = broken();
    const copies = hashesBelow(copy.copies);
    await withoutTouching(copy, async () => {
      for (const command of ["incremental", "backup", "full"]) {
        const message = new RegExp(`${stamp(3)}.*, but the clock here says 20231116T\\d{6}Z.*set the clock right`);
        expectLine(await copy.backup([command], chain.timeOf(2)), 17, message);
      }
    });
    expect(hashesBelow(copy.copies)).toEqual(copies);
    await copy.expectPoint(3, []);
  });

  it("a signature archive that only the archive directory has: kept there; no increment, but all is restored", async () => {
    const copy = broken();
    rmSync(copy.object("new-signatures", `to.${stamp(2)}`));
    const copies = hashesBelow(copy.copies);
    await withoutTouching(copy, async () => {
      expectLine(await copy.backup(["incremental"], AFTER()), 17, /lacks a signature archive .*make a full backup/);
      for (const n of [0, 1, 2, 3]) await copy.expectPoint(n);
      expect(await copy.status()).toMatch(/signature archive missing/);
    });
    expect(hashesBelow(copy.copies)).toEqual(copies);
  });

  it("a signature archive that only the target has: fetched, and the chain goes on", async () => {
    const copy = broken();
    const lost = readdirSync(copy.copies).find(
      (name) => name.startsWith("duplicity-new-signatures") && name.includes(`to.${stamp(2)}`),
    )!;
    rmSync(join(copy.copies, lost));
    const before = hashesBelow(copy.target);
    await done(copy.backup(["incremental"], AFTER()));
    expect(readdirSync(copy.copies)).toContain(lost);
    expect(hashesBelow(copy.target)).toMatchObject(before);
    await copy.expectPoint(3, []);
  });

  it.each([
    ["cut off", (path: string) => truncateSync(path, 60)],
    ["overwritten", (path: string) => writeFileSync(path, "not gzip at all")],
    ["empty", (path: string) => truncateSync(path, 0)],
  ])("a local copy of signatures that is %s: said, and fetched again", async (_, damage) => {
    const copy = broken();
    const name = readdirSync(copy.copies).find((name) => name.startsWith("duplicity-full-signatures"))!;
    damage(join(copy.copies, name));
    const { code, stderr } = await copy.backup(["incremental"], AFTER());
    expect([code, stderr.toString()]).toEqual([
      0,
      expect.stringMatching(/sigtar\.gz is not what was written there: .*fetched from the target again/),
    ]);
    await copy.expectPoint(3, []);
  });
});
