import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NO_PREFIXES } from "@doppel/format";
import { openStorage } from "@doppel/storage";
import { describeInterop, FaultyStorage, openTempDir, type StockDuplicity, stockDuplicity, type TempDir } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cleanup } from "../cleanup.ts";
import { replicate } from "../replicate.ts";
import { retain } from "../retain.ts";
import type { RetentionPolicy } from "./policy.ts";
import { day } from "./test-support.ts";

/** Days of the runs, in their order: at day 21 the chain of day 10 is old in part. */
const RUNS = [
  ["full", 0],
  ["inc", 1],
  ["inc", 2],
  ["full", 10],
  ["inc", 11],
  ["inc", 22],
  ["full", 25],
  ["full", 30],
  ["inc", 31],
] as const;
const NOW = day(40);
const seconds = (time: Date) => String(time.getTime() / 1000);

const runtime = {
  clock: { now: () => NOW, sleep: () => Promise.resolve() },
  random: { bytes: (n: number) => Uint8Array.from({ length: n }, (_, index) => index) },
  emit: () => undefined,
  signal: new AbortController().signal,
};
const context = { cwd: "/", purpose: "write", random: runtime.random } as const;

describeInterop(["duplicity"], "retention beside stock duplicity", () => {
  let work: TempDir;
  let stock: StockDuplicity;
  let copies = 0;

  const duplicity = async (args: readonly string[], now = NOW): Promise<string> => {
    const { code, stdout, stderr } = await stock.run(["--no-encryption", "--current-time", seconds(now), ...args]);
    expect(code, `${stdout.toString()}${stderr.toString()}`).toBe(0);
    return stdout.toString() + stderr.toString();
  };
  /** The history, to be changed by a test. */
  const copyOf = (): string => {
    const path = join(work.path, `copy-${++copies}`);
    cpSync(join(work.path, "history"), path, { recursive: true });
    return path;
  };
  const apply = async (path: string, policy: RetentionPolicy) => {
    await using storage = await openStorage(path, context);
    return retain({ policy, prefixes: NO_PREFIXES, force: true }, { storage, archiveDir: join(work.path, "none") }, runtime);
  };
  const restored = async (path: string, time: Date, name: string): Promise<string> => {
    const target = join(work.path, `restored-${name}`);
    await duplicity(["restore", "--time", seconds(time), `file://${path}`, target]);
    return readFileSync(join(target, "file"), "utf8");
  };

  beforeAll(async () => {
    work = openTempDir();
    stock = stockDuplicity();
    const source = join(work.path, "source");
    mkdirSync(source);
    for (const [kind, at] of RUNS) {
      writeFileSync(join(source, "file"), `day ${at}`);
      utimesSync(join(source, "file"), day(at), day(at)); // or a change within the same second would not be seen
      await duplicity([kind, source, `file://${work.path}/history`], day(at));
    }
  });
  afterAll(() => {
    stock[Symbol.dispose]();
    work[Symbol.dispose]();
  });

  it.each<[readonly string[], RetentionPolicy]>([
    [["remove-older-than", seconds(day(2))], { kind: "remove-older-than", time: day(2) }],
    [["remove-older-than", seconds(day(21))], { kind: "remove-older-than", time: day(21) }],
    [["remove-older-than", seconds(day(39))], { kind: "remove-older-than", time: day(39) }],
    [["remove-all-but-n-full", "1"], { kind: "remove-all-but-n-full", count: 1 }],
    [["remove-all-but-n-full", "2"], { kind: "remove-all-but-n-full", count: 2 }],
    [["remove-all-inc-of-but-n-full", "1"], { kind: "remove-all-inc-of-but-n-full", count: 1 }],
  ])("%j leaves what stock leaves", async (command, policy) => {
    const [theirs, ours] = [copyOf(), copyOf()];
    await duplicity([command[0]!, command[1]!, "--force", `file://${theirs}`]);
    const { plan } = await apply(ours, policy);
    expect(readdirSync(ours).sort()).toEqual(readdirSync(theirs).sort());
    const status = await duplicity(["collection-status", `file://${ours}`]);
    expect(status).toContain("No orphaned or incomplete backup sets found.");
    expect(status).not.toMatch(/warning/i);
    if (plan.removed.length > 0) expect(await restored(ours, NOW, `after-${command.join("-")}`)).toBe("day 31");
  });

  it("what stays is restored by stock when deleting stopped in the middle, too", async () => {
    const path = copyOf();
    await using storage = await openStorage(path, context);
    const failing = new FaultyStorage(storage, [{ at: 3, operation: "delete", how: "fail" }]);
    const job = { policy: { kind: "remove-all-but-n-full", count: 1 }, prefixes: NO_PREFIXES, force: true } as const;
    await expect(retain(job, { storage: failing, archiveDir: join(work.path, "none") }, runtime)).rejects.toThrow(
      /2 of \d+ objects/,
    );
    expect(await restored(path, day(0), "half-old")).toBe("day 0");
    expect(await restored(path, NOW, "half-new")).toBe("day 31");
  });

  it("what stays is restored by stock, and increments of the newest chain go on (Z1)", async () => {
    const path = copyOf();
    await duplicity(["list-current-files", `file://${path}`]); // now its signatures are in the archive directory, as Z1 needs
    await apply(path, { kind: "remove-older-than", time: day(39) });
    expect(await restored(path, day(30), "full")).toBe("day 30");
    const source = join(work.path, "source");
    writeFileSync(join(source, "file"), "day 40");
    await duplicity(["incremental", source, `file://${path}`]);
    expect(await restored(path, day(41), "continued")).toBe("day 40");
  });

  it("stock restores the chain that stays because the newest is damaged", async () => {
    const path = copyOf();
    const [volume] = readdirSync(path).filter((name) => /^duplicity-full\.20231214T\d+Z\.vol1/.test(name));
    rmSync(join(path, volume!));
    const { plan } = await apply(path, { kind: "remove-all-but-n-full", count: 1 });
    expect(plan.kept.map(({ reason, damage }) => [reason, ...damage.flatMap(({ losses }) => losses)])).toEqual([
      ["spare"],
      ["newest", "volume 1 missing"],
    ]);
    expect(await restored(path, day(25), "spare")).toBe("day 25");
    // Stock counts it, because it has a manifest.
    const theirs = copyOf();
    rmSync(join(theirs, volume!));
    await duplicity(["remove-all-but-n-full", "1", "--force", `file://${theirs}`]);
    expect(readdirSync(theirs).filter((name) => /full\.\d+T\d+Z\.manifest/.test(name))).toHaveLength(1);
  });

  it("cleanup takes what stock takes of an interrupted and of an orphaned set", async () => {
    const [theirs, ours] = [copyOf(), copyOf()];
    for (const path of [theirs, ours])
      for (const name of readdirSync(path))
        if (/duplicity-(full\.20231209\S*manifest|(inc|new-signatures)\.20231114)/.test(name)) rmSync(join(path, name));
    await duplicity(["cleanup", "--force", `file://${theirs}`]);
    await using storage = await openStorage(ours, context);
    const atPresent = { ...runtime, clock: { ...runtime.clock, now: () => new Date() } }; // the copies are from just now
    const job = { prefixes: NO_PREFIXES, force: true, minimumAgeMs: 0 };
    const { plan } = await cleanup(job, { storage, archiveDir: join(work.path, "none") }, atPresent);
    expect([plan.incomplete.length, plan.orphaned.length]).toEqual([1, 1]);
    // Stock leaves the signatures of sets that it deletes (spec 1.5).
    const withoutSignatures = (path: string) =>
      readdirSync(path)
        .filter((name) => !name.includes("sigtar"))
        .sort();
    expect(withoutSignatures(ours)).toEqual(withoutSignatures(theirs));
    expect(await duplicity(["collection-status", `file://${ours}`])).toContain("No orphaned or incomplete backup sets found.");
  });

  it("what has lost its manifest survives cleanup, and is restored by stock when the manifest is back", async () => {
    const path = copyOf();
    const [name] = readdirSync(path).filter((name) => /^duplicity-inc\.20231114.*manifest/.test(name));
    const manifest = readFileSync(join(path, name!));
    rmSync(join(path, name!));
    await using storage = await openStorage(path, context);
    const atPresent = { ...runtime, clock: { ...runtime.clock, now: () => new Date() } };
    const job = { prefixes: NO_PREFIXES, force: true, minimumAgeMs: 0 };
    const { plan } = await cleanup(job, { storage, archiveDir: join(work.path, "none") }, atPresent);
    expect([plan.lostManifest.length, plan.unreachable.length]).toEqual([1, 1]);
    writeFileSync(join(path, name!), manifest);
    expect(await restored(path, day(2), "revived")).toBe("day 2");
  });

  it("a replica is restored by stock", async () => {
    const path = join(work.path, "replica");
    await using from = await openStorage(join(work.path, "history"), context);
    await using to = await openStorage(path, context);
    const deps = { from, to, archiveDir: join(work.path, "none"), tempDir: work.path };
    const { sets } = await replicate({ prefixes: NO_PREFIXES, since: day(28) }, deps, runtime);
    expect(sets.map(({ set, outcome, checked }) => [set.id.end, outcome, checked])).toEqual([
      [day(30), "copied", "hash"],
      [day(31), "copied", "hash"],
    ]);
    expect(await restored(path, NOW, "replica")).toBe("day 31");
  });
});
