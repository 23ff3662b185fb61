import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDoppelError, pathFromText, type RunEvent } from "@doppel/base";
import { type Fault, randomContent, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Bench, type Ran } from "./test-support.ts";

const file = (path: string, size: number, seed = path, mtime = 1_600_000_000): TreeSpec => ({
  path: pathFromText(path),
  type: "file",
  content: randomContent(seed, size),
  mtime,
});

/** With volumes of 128 KiB: seven, and b lies in several. */
const TREE: readonly TreeSpec[] = [
  file("a/1", 50_000),
  file("a/2", 90_000),
  file("a/deep/3", 70_000),
  { path: pathFromText("a/link"), type: "symlink", target: pathFromText("1") },
  file("b", 400_000),
  file("c/4", 60_000),
  file("c/5", 10),
  file("d", 120_000),
];

/** `changes` take the place of entries of the same path; those without content go. */
function changed(changes: readonly TreeSpec[], gone: readonly string[] = []): readonly TreeSpec[] {
  const paths = new Set<string>([...changes.map(({ path }) => path), ...gone]);
  return [...TREE.filter(({ path }) => !paths.has(path)), ...changes];
}

function resumed(events: readonly RunEvent[]) {
  return events.find((event) => event.type === "run.resumed");
}

function notices({ events }: Ran): readonly string[] {
  return events.flatMap((event) => (event.type === "notice" ? [event.detail] : []));
}

/** The archive directory as a run leaves it that has nothing to be gone on with. */
function expectTidy({ archived }: Bench): void {
  expect(archived.filter((name) => name.startsWith(".") || name.endsWith(".part"))).toEqual([]);
}

/** That nothing changed since is known to the next increment, and that something did. */
async function expectTrueSignatures(bench: Bench): Promise<void> {
  const next = await bench.backup({ kind: "inc" });
  expect(next.error).toBeUndefined();
  expect(await bench.differences()).toEqual([]);
}

describe("an interrupted full backup", () => {
  /** The volume behind one that fails is on its way, too: it fails with it, or there would be a gap, now and then. */
  const nextFails: Fault = { at: 5, operation: "put", how: "fail" };
  const faults: readonly (readonly [string, Fault[], object | undefined])[] = [
    ["the first volume", [{ at: 1, operation: "put", how: "cut", after: 100 }], undefined],
    [
      "a volume within a file",
      [{ at: 4, operation: "put", how: "cut", after: 99 }, nextFails],
      { from: 4, after: { path: "b" } },
    ],
    ["the signatures", [{ at: 8, operation: "put", how: "fail" }], { from: 8, lost: 0 }],
    ["the manifest", [{ at: 9, operation: "put", how: "fail" }], { from: 8, lost: 0 }],
  ];
  it.each(faults)("is gone on with when storing %s failed, and nothing is stored twice", async (_, given, event) => {
    using bench = new Bench();
    bench.become(TREE);
    const first = await bench.backup({}, { faults: given });
    expect(isDoppelError(first.error, "storage.unavailable")).toBe(true);
    const second = await bench.backup();
    expect(second.error).toBeUndefined();
    if (event) expect(resumed(second.events)).toMatchObject(event);
    else expect(resumed(second.events)).toBeUndefined();
    expect(await bench.differences()).toEqual([]);
    const manifest = Buffer.from(bench.target.objects.get(second.report!.set.manifest!)!).toString("latin1");
    expect(manifest.match(/StartingPath +\. *$/gm)?.length, "only the first volume begins with the root").toBeLessThanOrEqual(1);
    expectTidy(bench);
    const third = await bench.backup({ kind: "inc", skipIfUnchanged: true });
    expect(third.report?.outcome).toBe("unchanged");
    expect(second.report?.set.index === undefined).toBe(event !== undefined);
  });

  it("takes what is stored as it was, and the next increment finds what has changed since", async () => {
    using bench = new Bench();
    bench.become(TREE);
    await bench.backup({ sabotage: { failAfterVolume: 2 } });
    const later = [
      file("a/0", 9, "new"),
      file("a/1", 40_000, "changed", 1_650_000_000),
      file("c/5", 99, "changed", 1_650_000_000),
    ];
    bench.become(changed(later, ["a/2", "d"]));
    const second = await bench.backup();
    expect(resumed(second.events)).toMatchObject({ from: 3 });
    const names = (await bench.restored()).map(({ path }) => path).filter((path) => path.includes("/") || path === "d");
    expect(names).toEqual(["a/1", "a/2", "a/deep", "a/deep/3", "a/link", "c/4", "c/5"]);
    await expectTrueSignatures(bench);
  });

  it.each([
    ["was replaced", [file("b", 400_000, "other")], []],
    ["became a directory", [file("b/x", 10)], ["b"]],
  ] as const)("begins anew when the file that was being stored %s", async (_, specs, gone) => {
    using bench = new Bench();
    bench.become(TREE);
    await bench.backup({ sabotage: { failAfterVolume: 4 } });
    bench.become(changed(specs, gone));
    const second = await bench.backup();
    expect(notices(second).join()).toContain("is not gone on with: b was being stored");
    expect(second.report?.set.volumes.size).toBeGreaterThan(0);
    expect(await bench.differences()).toEqual([]);
    expectTidy(bench);
  });

  it("begins anew with other options, another source, or without its journal", async () => {
    for (const spoil of [
      () => ({ nullSeparator: true }),
      (bench: Bench) => writeFileSync(join(bench.archiveDir, ".doppel-unfinished.signatures"), "other"),
    ] as const) {
      using bench = new Bench();
      bench.become(TREE);
      await bench.backup({ sabotage: { failAfterVolume: 3 } });
      const job = spoil(bench);
      const second = await bench.backup(typeof job === "object" ? job : {});
      expect(notices(second).join()).toContain("is not gone on with");
      expect(await bench.differences()).toEqual([]);
      expectTidy(bench);
    }
  });
});

describe("an interrupted increment", () => {
  const next = [file("a/1", 50_000, "next", 1_650_000_000), file("b", 400_000, "next", 1_650_000_000), file("e", 200_000)];

  it("is gone on with within a delta, whatever is asked for", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const full = await bench.backup();
    bench.become(changed(next, ["a/deep/3", "d"]));
    await bench.backup({ kind: "inc", sabotage: { failAfterVolume: 1 } });
    const second = await bench.backup({ kind: "full" });
    expect(resumed(second.events)).toMatchObject({ kind: "inc", from: 2, after: { path: "b", block: expect.any(Number) } });
    expect(second.report?.set.id.start).toEqual(full.report?.set.id.end);
    expect(await bench.differences()).toEqual([]);
    expect((await bench.backup({ kind: "inc", skipIfUnchanged: true })).report?.outcome).toBe("unchanged");
    expectTidy(bench);
  });

  it("stores nothing below what it stored as deleted", async () => {
    using bench = new Bench();
    bench.become(TREE);
    await bench.backup();
    const fill = file("0", 140_000, "fill", 1_650_000_000);
    bench.become(changed([fill], ["a/1", "a/2", "a/deep/3", "a/link"]).filter(({ path }) => path !== "a"));
    rmSync(join(bench.source, "a"), { recursive: true, force: true });
    await bench.backup({ kind: "inc", volumeBytes: 2048, sabotage: { failAfterVolume: 71 } });
    bench.become(TREE);
    const second = await bench.backup({ kind: "inc", volumeBytes: 2048 });
    expect(second.error).toBeUndefined();
    await expectTrueSignatures(bench);
  });
});

describe("the hooks and the other outcomes", () => {
  it("notices a volume that did not arrive", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const { error } = await bench.backup({ sabotage: { skipVolume: 2 } });
    expect(isDoppelError(error, "volume.not-stored")).toBe(true);
    expect([...bench.target.objects.keys()].filter((name) => name.includes("manifest"))).toEqual([]);
  });

  it("stores and writes nothing in a dry run, and tells the same figures", async () => {
    using bench = new Bench();
    bench.become(TREE);
    const dry = await bench.backup({ dryRun: true });
    expect([dry.report?.outcome, dry.log, bench.target.objects.size]).toEqual(["dry-run", ["list "], 0]);
    expect(() => bench.archived).toThrow(/ENOENT/);
    const real = await bench.backup();
    const { sourceFiles, newFiles, rawDeltaSize } = real.report!.statistics;
    expect(dry.report?.statistics).toMatchObject({ sourceFiles, newFiles, rawDeltaSize });
    const archived = bench.archived;
    rmSync(join(bench.archiveDir, archived.find((name) => name.includes("signatures"))!));
    bench.become(changed([file("a/1", 9, "x", 1_650_000_000)]));
    const inc = await bench.backup({ dryRun: true });
    expect(inc.error).toBeUndefined();
    expect(inc.report?.statistics).toMatchObject({ changedFiles: 1 });
    expect(bench.archived.length).toBe(archived.length - 1);
  });

  it("lists no changes and caps blocks when asked to", async () => {
    using bench = new Bench();
    bench.become([file("big", 5_000_000)]);
    const { report } = await bench.backup({ listChanges: false, maxBlockBytes: 1024 }, { envelope: { kind: "plain" } });
    expect(Buffer.from(bench.target.objects.get(report!.set.manifest!)!).toString()).toMatch(/^Filelist 0\n$/m);
    const archive = Buffer.from(bench.target.objects.get(report!.set.signatures!)!);
    expect(archive.readUInt32BE(archive.indexOf(Buffer.from("72730136", "hex")) + 4)).toBe(1024);
  });
});
