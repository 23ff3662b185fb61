import { DoppelError, pathFromText, type Runtime } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import { type Fault, FaultyStorage, textContent } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { audit } from "../audit.ts";
import { Bench } from "../backup/test-support.ts";
import type { AuditReport } from "./report.ts";

const runtime: Runtime = {
  clock: { now: () => new Date(0), sleep: async () => undefined },
  random: { bytes: (n) => new Uint8Array(n) },
  emit: () => undefined,
  signal: new AbortController().signal,
};
const job = { prefixes: NO_PREFIXES, sample: { kind: "all" }, seed: 1, parallel: 2 } as const;
const receipt = { program: "doppel 0", folderDepth: 1 };

async function benchWith(backups: number): Promise<Bench> {
  const bench = new Bench();
  bench.become([{ path: pathFromText("a/b"), type: "file", content: textContent("x", 1000) }]);
  for (let i = 0; i < backups; i++) expect((await bench.backup({ kind: "full", receipt })).error).toBeUndefined();
  return bench;
}

const found = ({ sets, foreign }: AuditReport): string[] =>
  [...sets.flatMap(({ findings }) => findings), ...foreign].map(({ severity, kind }) => `${severity} ${kind}`);

/** The n-th object that is read fails with that. */
const failing = (bench: Bench, at: number, error: () => DoppelError): FaultyStorage =>
  new FaultyStorage(bench.target, [{ at, operation: "get", how: "fail", error }]);

describe("audit", () => {
  it("needs no key, and reads nothing but receipts when the sample is empty", async () => {
    using bench = await benchWith(2);
    const storage = new FaultyStorage(bench.target, []);
    const report = await audit({ ...job, sample: { kind: "objects", count: 0 } }, { storage }, runtime);
    expect(report).toMatchObject({ problems: 0, warnings: 0, read: 0, readBytes: 0, seed: 1 });
    expect(report.objects).toBe(bench.target.objects.size);
    expect(report.bytes).toBe([...bench.target.objects.values()].reduce((sum, { length }) => sum + length, 0));
    expect(storage.log.map((line) => line.split(" ")[0])).toEqual(["list", "get", "get"]);
  });

  it("goes on when a receipt lies in an archive, or vanishes", async () => {
    using bench = await benchWith(2);
    const archived = () => new DoppelError("storage.archived", "archived", { name: "r", class: "GLACIER" });
    const report = await audit(job, { storage: failing(bench, 1, archived) }, runtime);
    expect(found(report)).toEqual(["warning archived", "warning chain"]);
    expect(report.sets.map((set) => set.receipt)).toEqual(["unread", "good"]);
    const vanished = () => new DoppelError("storage.not-found", "gone", { name: "r" });
    expect(found(await audit(job, { storage: failing(bench, 1, vanished) }, runtime))).toEqual([
      "warning missing",
      "warning chain",
    ]);
  });

  it("tells objects that vanish, and those that lie in an archive, from damage", async () => {
    using bench = await benchWith(1);
    const vanished = () => new DoppelError("storage.not-found", "gone", { name: "v" });
    expect(found(await audit(job, { storage: failing(bench, 2, vanished) }, runtime))).toEqual(["problem missing"]);
    const archived = () => new DoppelError("storage.archived", "archived", { name: "v", class: "GLACIER" });
    expect(found(await audit(job, { storage: failing(bench, 2, archived) }, runtime))).toEqual(["warning archived"]);
  });

  it("reads again what arrives damaged, and calls it damaged when it always does", async () => {
    using bench = await benchWith(1);
    const corrupt = () => new DoppelError("storage.corrupt", "corrupt", { name: "v" });
    const faults = (count: number): Fault[] =>
      Array.from({ length: count }, (_, i) => ({ at: 2 + i, operation: "get", how: "fail", error: corrupt }));
    const one = { ...job, parallel: 1 };
    expect(found(await audit(one, { storage: new FaultyStorage(bench.target, faults(2)) }, runtime))).toEqual([]);
    expect(found(await audit(one, { storage: new FaultyStorage(bench.target, faults(3)) }, runtime))).toEqual(["problem bytes"]);
  });

  it("tells how far it is, an object that is read twice counted once", async () => {
    using bench = await benchWith(1);
    const told: { readonly bytes: number; readonly volumes: number }[] = [];
    let ms = 0;
    const clock = { ...runtime.clock, now: () => new Date((ms += 1000)) };
    const error = () => new DoppelError("storage.corrupt", "corrupt", { name: "v" });
    const storage = new FaultyStorage(bench.target, [{ at: 3, operation: "get", how: "cut", after: 200, error }]);
    const emit: Runtime["emit"] = (event) => {
      if (event.type === "progress") told.push(event);
    };
    const { read, readBytes } = await audit({ ...job, parallel: 1 }, { storage }, { ...runtime, clock, emit });
    expect(told.at(-1)).toMatchObject({ bytes: readBytes, totalBytes: readBytes, totalKnown: true, totalVolumes: read });
    expect(told.at(-1)!.volumes).toBe(read - 1);
    expect(told.filter(({ bytes }, i) => i > 0 && bytes < told[i - 1]!.bytes)).toHaveLength(1);
  });

  it("ends when it may not read", async () => {
    using bench = await benchWith(1);
    const denied = () => new DoppelError("storage.denied", "no", { operation: "get", name: "v" });
    await expect(audit(job, { storage: failing(bench, 2, denied) }, runtime)).rejects.toMatchObject({ code: "storage.denied" });
  });

  it("uses no receipt of another backup", async () => {
    using bench = await benchWith(2);
    const [first, second] = [...bench.target.objects.keys()].filter((name) => name.endsWith(".receipt"));
    bench.target.objects.set(first!, bench.target.objects.get(second!)!);
    expect(found(await audit(job, { storage: bench.target }, runtime))).toEqual(["problem receipt", "problem chain"]);
  });

  it("warns of backups without a receipt and of unfinished ones, not of doctor's canaries", async () => {
    using bench = await benchWith(0);
    await bench.backup({ kind: "full", sabotage: { failAfterVolume: 1 } });
    await bench.backup({ kind: "full", resume: "never" });
    await bench.backup({ kind: "full", receipt });
    bench.target.objects.set("doppel-canary-1", new Uint8Array(1));
    expect(found(await audit(job, { storage: bench.target }, runtime))).toEqual(["warning unfinished", "warning no-receipt"]);
  });

  it("says that an empty target is empty, and what the archive directory remembers", async () => {
    using bench = await benchWith(0);
    await expect(audit(job, { storage: bench.target }, runtime)).rejects.toMatchObject({
      code: "collection.empty",
      message: "memory holds no backup; check the URL, --file-prefix, and whether its disk is mounted",
    });
    expect((await bench.backup({ kind: "full", receipt })).error).toBeUndefined();
    expect((await bench.backup({ kind: "full", receipt })).error).toBeUndefined();
    const { archiveDir, target } = bench;
    const prefixed = audit({ ...job, prefixes: { ...NO_PREFIXES, all: "mail-" } }, { storage: target, archiveDir }, runtime);
    await expect(prefixed).rejects.toThrow(
      /^memory holds no backup, though .* the manifests of 2, .*, under names without a prefix; check/,
    );
    target.objects.clear();
    target.objects.set("holiday.jpg", new Uint8Array(1));
    const emptied = audit(job, { storage: target, archiveDir }, runtime);
    await expect(emptied).rejects.toThrow(
      /^memory holds no backup, but 1 object of none, though the archive directory .* has the manifests of 2, the newest of \d{8}T\d{6}Z; check/,
    );
  });

  it("says of increments that they cannot be restored, when what they build on is gone, and of no chain that retention has cut", async () => {
    using bench = await benchWith(0);
    for (const [n, kind] of (["full", "inc", "inc", "inc"] as const).entries()) {
      bench.become([{ path: pathFromText("a/b"), type: "file", content: textContent(`${n}`, 1000 + n) }]);
      expect((await bench.backup({ kind, receipt })).error).toBeUndefined();
    }
    const all = new Map(bench.target.objects);
    const ends = [...new Set([...all.keys()].map((name) => /(\d{8}T\d{6}Z)\.[a-z]/.exec(name)![1]!))].sort();
    const without = async (gone: (name: string) => boolean): Promise<AuditReport> => {
      bench.target.objects.clear();
      for (const [name, bytes] of all) if (!gone(name)) bench.target.objects.set(name, bytes);
      return audit(job, { storage: bench.target }, runtime);
    };
    const of = (n: number) => (name: string) => name.includes(`${ends[n]!}.`) && !name.includes(`${ends[n]!}.to`);
    expect(found(await without(of(0)))).toEqual(["problem orphaned", "problem orphaned", "problem orphaned"]);
    expect(found(await without(of(1)))).toEqual(["problem orphaned", "problem orphaned"]);
    expect((await without(of(1))).sets.map(({ findings }) => findings.length)).toEqual([0, 1, 1]);
    expect(found(await without((name) => name.startsWith("duplicity-full.") && name.endsWith(".manifest")))).toEqual([
      "problem missing",
      ...Array<string>(3).fill("problem orphaned"),
    ]);
    expect(found(await without(of(3)))).toEqual([]);
  });
});
