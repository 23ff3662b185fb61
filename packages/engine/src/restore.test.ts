import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { indexName, manifestName, NO_PREFIXES, volumeName } from "@doppel/format";
import { loadRsync } from "@doppel/rsync";
import { FaultyStorage, MemoryStorage, randomContent, scanTree, tempDir } from "@doppel/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { Bench } from "./backup/test-support.ts";
import { depsOf, dir, file, hour, link, testRuntime, tree } from "./history/test-support.ts";
import type { RestoreJob } from "./job.ts";
import { ChainWriter } from "./read/lost/test-support.ts";
import { restore } from "./restore.ts";

const rsync = await loadRsync();
const p = pathFromText;

function chain() {
  const storage = new MemoryStorage();
  const writer = new ChainWriter(storage, rsync);
  const nodes = [dir("d"), file("d/a", "a"), dir("d/sub"), file("d/sub/b", "b"), link("l", "/etc"), file("z", "z")];
  const full = writer.write("full", hour(0), tree(dir(""), ...nodes, file("zz", randomContent("zz", 2000))), [2]);
  const inc = writer.write("inc", hour(1), tree(dir(""), ...nodes, file("zz", "new")), [2]);
  return { storage, full, inc };
}

function jobOf(target: string, more: Partial<RestoreJob> = {}): RestoreJob {
  const places = { target: p(target), prefixes: NO_PREFIXES, numericOwner: true, restoreOwner: false };
  const choices = { force: false, useIndex: true, keepGoing: false, threads: 2, dryRun: false, renames: [], verbose: false };
  return { ...places, ...choices, ...more };
}

const start = (job: RestoreJob, storage: MemoryStorage, scratch: string, runtime = testRuntime()) =>
  restore(job, depsOf(storage, scratch), runtime);
const rename = (from: string, to: string) => ({ from: p(from), to: p(to) });
const paths = (folder: string): string[] => scanTree(folder).map(({ path }) => path);

describe("restore to other names", () => {
  async function renamed(...renames: RestoreJob["renames"]) {
    const folder = tempDir();
    const runtime = testRuntime();
    const out = join(folder, "out");
    await start(jobOf(out, { renames }), chain().storage, folder, runtime);
    const notices = runtime.events.filter((event) => event.type === "notice");
    return { out, paths: paths(out), notices };
  }

  it("moves what is at or below the old name, and makes what leads to the new one", async () => {
    const { out, ...found } = await renamed(rename("d/sub", "new/deep/er"), rename("z", "a"));
    expect(found).toEqual({
      paths: ["", "a", "d", "d/a", "l", "new", "new/deep", "new/deep/er", "new/deep/er/b", "zz"],
      notices: [],
    });
    expect(readFileSync(join(out, "a"), "utf8")).toBe("z");
  });

  it("takes the first that fits, by whole names", async () => {
    expect((await renamed(rename("/d/sub/", "x"), rename("d", "./y/"), rename("d/a", "never"))).paths).toEqual([
      "",
      "l",
      "x",
      "x/b",
      "y",
      "y/a",
      "z",
      "zz",
    ]);
    expect((await renamed(rename("", "all"))).paths).toContain("all/d/sub/b");
    expect((await renamed(rename("d", "."))).paths).toEqual(["", "a", "l", "sub", "sub/b", "z", "zz"]);
  });

  it("merges into a folder that is there, and never replaces a file without force", async () => {
    const merged = await renamed(rename("d/sub", "d"));
    expect(merged.paths).toEqual(["", "d", "d/a", "d/b", "l", "z", "zz"]);
    const both = await renamed(rename("zz", "z"));
    expect(both.notices).toMatchObject([{ reason: "conflict", path: "z", incomplete: true }]);
  });

  it("does not leave the target, not even by a link of the backup", async () => {
    for (const to of ["../x", "/x", "d/../../x"]) {
      await expect(renamed(rename("z", to)), to).rejects.toMatchObject({ code: "restore.unsafe-path" });
    }
    const { notices, paths: found } = await renamed(rename("z", "l/doppel-was-here"));
    expect(notices).toMatchObject([{ reason: "conflict", incomplete: true }]);
    expect(found).not.toContain("z");
    expect(existsSync("/etc/doppel-was-here")).toBe(false);
  });

  it("is relative to the path that is restored", async () => {
    const folder = tempDir();
    await start(jobOf(join(folder, "out"), { path: p("d"), renames: [rename("sub", "s")] }), chain().storage, folder);
    expect(paths(join(folder, "out"))).toEqual(["", "a", "s", "s/b"]);
  });
});

describe("a dry run", () => {
  it("names the volumes that are needed, reads none of them and writes nothing", async () => {
    const folder = tempDir();
    const { storage, full, inc } = chain();
    const names = [full, inc].flatMap(({ id, volumes }) => volumes.map(({ number }) => volumeName(id, number, "plain")));
    for (const name of names) storage.objects.set(name, new Uint8Array(7)); // whoever read one would see that it is damaged
    const report = await start(jobOf(join(folder, "out"), { dryRun: true }), storage, folder);
    expect(report).toEqual({ files: 0, bytes: 0, incomplete: 0, lost: 0, badVolumes: 0, wanted: names });
    expect(paths(folder)).toEqual([""]);
    const one = await start(jobOf(join(folder, "out"), { dryRun: true, path: p("d/a"), time: hour(0) }), storage, folder);
    expect(one.wanted.length).toBeGreaterThan(0);
    expect(one.wanted.length).toBeLessThan(full.volumes.length);
  });

  it("finds that a volume is missing", async () => {
    const folder = tempDir();
    const { storage, full } = chain();
    storage.objects.delete(volumeName(full.id, 2, "plain"));
    const running = start(jobOf(join(folder, "out"), { dryRun: true }), storage, folder);
    await expect(running).rejects.toMatchObject({ code: "volume.missing" });
  });
});

describe("one path of a set that has an index", () => {
  const specs = ["a", "b", "c"].map((name) => ({
    path: p(`d/${name}`),
    type: "file" as const,
    content: randomContent(name, 60_000),
    mtime: 1_600_000_000,
  }));

  /** Volumes of 128 KiB: `d/a` and `d/b` share the first one. */
  async function backedUp(): Promise<{ bench: Bench; volumes: string[] }> {
    const bench = new Bench();
    onTestFinished(() => bench[Symbol.dispose]());
    bench.become(specs);
    expect((await bench.backup({ kind: "full", volumeBytes: 1 << 16 })).error).toBeUndefined();
    const volumes = [...bench.target.objects.keys()].filter((name) => name.includes(".vol")).sort();
    expect(volumes.length).toBeGreaterThan(1);
    return { bench, volumes };
  }

  async function asked({ target }: Bench, path: string, more: Partial<RestoreJob> = {}) {
    const folder = tempDir();
    const runtime = testRuntime();
    const storage = new FaultyStorage(target, []);
    const out = join(folder, "out");
    const job = jobOf(out, { path: p(path), keepGoing: true, ...more });
    const report = await restore(job, depsOf(storage, folder), runtime);
    const notices = runtime.events.filter((event) => event.type === "notice");
    return { report, out, notices, wholes: storage.log.filter((line) => line.startsWith("get ") && line.includes(".vol")) };
  }

  it("is read in parts while they are sound, also beside damage elsewhere", async () => {
    const { bench, volumes } = await backedUp();
    const bytes = Uint8Array.from(bench.target.objects.get(volumes[0]!)!);
    bytes[bytes.length - 30]! ^= 1; // at its end
    bench.target.objects.set(volumes[0]!, bytes);
    bench.target.objects.delete(volumes.at(-1)!);
    const { report, out, notices } = await asked(bench, "d/a");
    expect([report.incomplete, notices]).toEqual([0, []]);
    expect(Buffer.compare(readFileSync(out), specs[0]!.content)).toBe(0);
  });

  it("is read from whole volumes from the first damage on, and what was restored before it stays", async () => {
    const { bench, volumes } = await backedUp();
    bench.target.objects.delete(volumes.at(-1)!);
    const all = await asked(bench, "d");
    expect(all.report).toMatchObject({ files: 3, lost: 1, badVolumes: 1 });
    expect(paths(all.out)).toEqual(["", "a", "b"]);
    expect(all.notices).toMatchObject([{ reason: "volume" }, { reason: "lost", path: "d/c" }]);
    const stopped = asked(bench, "d", { keepGoing: false });
    await expect(stopped).rejects.toMatchObject({
      code: "volume.missing",
      message: expect.stringContaining("without --fail-fast"),
    });
  });

  it("comes back from a volume that a whole restore cannot use, which says so", async () => {
    const { bench, volumes } = await backedUp();
    const bytes = Uint8Array.from(bench.target.objects.get(volumes[0]!)!);
    bytes[bytes.length - 30]! ^= 1;
    bench.target.objects.set(volumes[0]!, bytes);
    const folder = tempDir();
    const runtime = testRuntime();
    await restore(jobOf(join(folder, "out"), { keepGoing: true }), depsOf(bench.target, folder), runtime);
    const notices = runtime.events.filter((event) => event.type === "notice");
    expect(notices[0]).toMatchObject({
      reason: "volume",
      detail: expect.stringContaining("come back one by one, with restore -r PATH"),
    });
    const lost = notices.flatMap((notice) => (notice.reason === "lost" ? [notice.path!] : []));
    expect(lost).toContain("d/a");
    expect((await asked(bench, "d/a")).report).toMatchObject({ files: 1, incomplete: 0 });
  });

  it("comes from whole volumes where the index is wrong, which is told and is no loss", async () => {
    const { bench, volumes } = await backedUp();
    const sound = new Map(bench.target.objects);
    bench.become(specs.map((spec) => ({ ...spec, content: randomContent("other", 60_000) })));
    for (const name of sound.keys()) bench.target.objects.delete(name);
    expect((await bench.backup({ kind: "full", volumeBytes: 1 << 16 })).error).toBeUndefined();
    expect(volumes.length).toBeGreaterThan(1);
    // Volumes and manifest of the one, the index of the other under the first one's name: it says that it is another set's.
    const other = [...bench.target.objects].find(([name]) => name.includes(".index"))!;
    bench.target.objects.clear();
    for (const [name, bytes] of sound) bench.target.objects.set(name, name.includes(".index") ? other[1] : bytes);
    const { report, out, notices } = await asked(bench, "d/b");
    expect(report).toMatchObject({ files: 1, incomplete: 0, lost: 0 });
    expect(notices).toMatchObject([{ reason: "metadata", incomplete: false, detail: expect.stringContaining("is not used") }]);
    expect(Buffer.compare(readFileSync(out), specs[1]!.content)).toBe(0);
  });
});

describe("a state that is not the one that was asked for", () => {
  it("is told: a newer backup has no manifest, and whether it had one", async () => {
    for (const isLost of [false, true]) {
      const { storage, inc } = chain();
      storage.objects.delete(manifestName(inc.id, "plain"));
      if (isLost) storage.objects.set(indexName(inc.id, "plain"), Buffer.from("x"));
      const folder = tempDir();
      const runtime = testRuntime();
      const report = await start(jobOf(join(folder, "out"), { keepGoing: true }), storage, folder, runtime);
      expect(report.incomplete).toBe(isLost ? 1 : 0);
      const details = runtime.events.flatMap((event) => (event.type === "notice" ? [event.detail] : []));
      expect(details).toEqual([
        expect.stringMatching(
          isLost ? /was finished, as its index says, but its manifest is missing/ : /it was not finished, or its manifest/,
        ),
      ]);
    }
  });
});

describe("defects of duplicity that are not copied", () => {
  it("Z4: makes the folders that lead to the target of a single file", async () => {
    const folder = tempDir();
    await start(jobOf(join(folder, "not/there/yet"), { path: p("d/a") }), chain().storage, folder);
    expect(readFileSync(join(folder, "not/there/yet"), "utf8")).toBe("a");
  });

  it("Z5: with force a link gives way, an empty folder too, and a full one is told", async () => {
    const folder = tempDir();
    const out = join(folder, "out");
    mkdirSync(join(out, "d/a"), { recursive: true }); //     an empty folder where a file belongs
    mkdirSync(join(out, "zz/kept"), { recursive: true }); // one with something in it
    writeFileSync(join(folder, "outside"), "untouched");
    symlinkSync("../outside", join(out, "z"));
    const runtime = testRuntime();
    const report = await start(jobOf(out, { force: true }), chain().storage, folder, runtime);
    expect(readFileSync(join(out, "z"), "utf8")).toBe("z");
    expect(readFileSync(join(out, "d/a"), "utf8")).toBe("a");
    expect(readFileSync(join(folder, "outside"), "utf8")).toBe("untouched");
    expect(report.incomplete).toBe(1);
    expect(runtime.events.filter((event) => event.type === "notice")).toMatchObject([{ reason: "conflict", path: "zz" }]);
    expect(existsSync(join(out, "zz/kept"))).toBe(true);
  });
});
