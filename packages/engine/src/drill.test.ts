import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { NO_PREFIXES, volumeName } from "@doppel/format";
import { loadRsync } from "@doppel/rsync";
import { MemoryStorage, randomContent, tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { drill } from "./drill.ts";
import type { DrillJob } from "./drill/report.ts";
import { depsOf, dir, file, hour, link, testRuntime, tree } from "./history/test-support.ts";
import { ChainWriter } from "./read/lost/test-support.ts";

const rsync = await loadRsync();
const p = pathFromText;

/** Two sets without an index, as stock makes them, in small volumes; `big` has pieces in several. */
function chain() {
  const storage = new MemoryStorage();
  const writer = new ChainWriter(storage, rsync);
  const same = [
    dir("d"),
    file("d/a", "a"),
    dir("d/sub"),
    file("d/sub/b", "b"),
    link("l", "/etc"),
    file("m", "m"),
    file("n", "n"),
  ];
  const full = writer.write("full", hour(0), tree(dir(""), ...same, file("big", randomContent("1", 3000))), [2]);
  const inc = writer.write("inc", hour(1), tree(dir(""), ...same, file("big", randomContent("2", 3000)), file("z", "z")), [2]);
  return { storage, full, inc };
}

function start(storage: MemoryStorage, more: Partial<DrillJob> = {}) {
  const scratch = tempDir();
  const job = { files: 20, seed: 1, paths: [], useIndex: true, prefixes: NO_PREFIXES, ...more };
  const left = (): readonly string[] => readdirSync(scratch);
  return { running: drill(job, depsOf(storage, scratch), testRuntime()), left };
}

describe("a drill", () => {
  it("restores random files of the newest state, increments applied, and removes them", async () => {
    const { storage } = chain();
    const { running, left } = start(storage);
    const report = await running;
    expect(report).toMatchObject({ set: hour(1), filesInBackup: 6, files: 6, digests: false, problems: [], warnings: [] });
    expect(report.paths).toEqual(["big", "d/a", "d/sub/b", "m", "n", "z"]);
    expect(report.bytes).toBe(3000 + 5);
    expect(report.volumes).toBeGreaterThan(1);
    expect(left()).toEqual([]);
  });

  it("restores what is named with all below it, and tells of a name that is not there", async () => {
    const { storage } = chain();
    const { running } = start(storage, { files: 0, paths: [p("d"), p("l"), p("d/sub"), p("none")] });
    const report = await running;
    expect(report.paths).toEqual(["d", "l"]);
    expect([report.entries, report.files]).toEqual([5, 2]);
    expect(report.problems).toEqual(["none is not in the backup"]);
  });

  it("of an older state compares with that", async () => {
    const report = await start(chain().storage, { time: hour(0) }).running;
    expect(report).toMatchObject({ set: hour(0), filesInBackup: 5, problems: [] });
  });

  it("chooses the same for the same seed", async () => {
    const { storage } = chain();
    const once = (await start(storage, { files: 2, seed: 5 }).running).paths;
    expect((await start(storage, { files: 2, seed: 5 }).running).paths).toEqual(once);
    expect(once).toHaveLength(2);
  });

  it("tells of damage, of every volume that it reads, and leaves nothing behind", async () => {
    const { storage, full } = chain();
    const names = full.volumes.map(({ number }) => volumeName(full.id, number, "plain"));
    for (const name of names) {
      const sound = storage.objects.get(name)!;
      const changed = Uint8Array.from(sound);
      changed[300]! ^= 1;
      storage.objects.set(name, changed);
      const { running, left } = start(storage);
      const { problems } = await running;
      expect(problems.join("\n"), name).toContain(name);
      expect(left()).toEqual([]);
      storage.objects.set(name, sound);
    }
  });

  it("tells of a volume that is gone, and of the files that are lost with it", async () => {
    const { storage, inc } = chain();
    storage.objects.delete(volumeName(inc.id, inc.volumes.at(-1)!.number, "plain"));
    const { problems } = await start(storage).running;
    expect(problems.join("\n")).toMatch(/is missing at the target/);
    expect(problems).toContain("z was not restored");
  });

  it("ends when nothing is left to be tried, with the folder that it made gone", async () => {
    const storage = new MemoryStorage();
    const { running, left } = start(storage);
    await expect(running).rejects.toMatchObject({ code: "collection.empty" });
    expect(left()).toEqual([]);
  });

  it("that is stopped removes what it has restored", async () => {
    const { storage } = chain();
    const scratch = tempDir();
    const stop = new AbortController();
    const runtime = testRuntime(stop.signal);
    const job = { files: 20, seed: 1, paths: [], useIndex: true, prefixes: NO_PREFIXES };
    const emit: typeof runtime.emit = (event) => {
      if (event.type === "volume.read") stop.abort(new Error("stopped"));
    };
    await expect(drill(job, depsOf(storage, scratch), { ...runtime, emit })).rejects.toThrow("stopped");
    expect(readdirSync(join(scratch))).toEqual([]);
  });
});
