import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDoppelError, pathFromText } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { FaultyStorage, randomContent } from "@doppel/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { Bench } from "../backup/test-support.ts";
import { check } from "../check.ts";
import { depsOf, testRuntime } from "../history/test-support.ts";
import type { CheckJob, CheckReport } from "./report.ts";

const file = (path: string, seed: string, mtime: number) => ({
  path: pathFromText(path),
  type: "file" as const,
  content: randomContent(seed, 150_000),
  mtime,
});

/** A full set and an increment, with receipts. */
async function bench(): Promise<Bench> {
  const made = new Bench();
  for (const [kind, mtime] of [
    ["full", 1_600_000_000],
    ["inc", 1_600_000_001],
  ] as const) {
    made.become([file("a", "a", 1_600_000_000), file("b", `${mtime}`, mtime), file("c", "c", 1_600_000_000)]);
    expect((await made.backup({ kind, receipt: { program: "doppel 0", folderDepth: 1 } })).error).toBeUndefined();
  }
  return made;
}

const JOB = { prefixes: NO_PREFIXES, withKey: true, sample: { kind: "all" }, parallel: 2 } as const;

function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), "doppel-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const run = (storage: Storage, job: Partial<CheckJob> = {}, archiveDir?: string): Promise<CheckReport> => {
  const dir = scratch();
  return check({ ...JOB, ...job }, depsOf(storage, dir, archiveDir === undefined ? {} : { archiveDir }), testRuntime());
};
const found = ({ sets, foreign }: CheckReport): string[] =>
  [...sets.flatMap(({ findings }) => findings), ...foreign].map(({ severity, kind, name }) => `${severity} ${kind} ${name}`);
const nameOf = ({ target }: Bench, part: string): string =>
  [...target.objects.keys()].sort().find((name) => name.includes(part))!;
const flip = ({ target }: Bench, name: string, at: number): void => {
  const bytes = Uint8Array.from(target.objects.get(name)!);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  target.objects.set(name, bytes);
};

describe("check", () => {
  it("reads every object of every backup once, and finds nothing where all is sound", async () => {
    using target = await bench();
    for (const withKey of [true, false]) {
      const report = await run(target.target, { withKey }, target.archiveDir);
      expect(found(report)).toEqual([]);
      expect(report).toMatchObject({
        objects: target.target.objects.size,
        read: target.target.objects.size,
        problems: 0,
        warnings: 0,
      });
      expect(report.readBytes).toBe(report.bytes);
      expect(report.sets.map(({ id }) => id.kind)).toEqual(["full", "inc"]);
    }
  });

  it("names each object that is damaged, missing or too many, and goes on", async () => {
    using target = await bench();
    const [volume, gone, signatures, index] = [".vol2.", ".vol3.", "full-signatures", "full.*index"].map((part) =>
      [...target.target.objects.keys()].sort().find((name) => new RegExp(part).test(name)),
    ) as [string, string, string, string];
    flip(target, volume, 1000);
    flip(target, signatures, -20);
    flip(target, index, -200);
    target.target.objects.delete(gone);
    const extra = volume.replace("vol2", "vol99");
    target.target.objects.set(extra, Buffer.from("x"));
    target.target.objects.set("holiday.jpg", Buffer.from("x"));
    expect(found(await run(target.target)).sort()).toEqual(
      [
        `problem missing ${gone}`,
        `problem unnamed ${extra}`,
        `problem bytes ${volume}`,
        `problem unreadable ${extra}`,
        `problem unreadable ${index}`,
        `problem unreadable ${signatures}`,
        "warning foreign holiday.jpg",
      ].sort(),
    );
  });

  it("says what a damaged manifest leaves unknown, and still looks at its volumes", async () => {
    using target = await bench();
    const manifest = nameOf(target, "duplicity-inc").replace(/\.(index|vol).*/, ".manifest");
    target.target.objects.set(manifest, Buffer.from("<html>"));
    const volume = [...target.target.objects.keys()].find(
      (name) => name.startsWith("duplicity-inc.") && name.includes(".vol1."),
    )!;
    flip(target, volume, 3000);
    expect(found(await run(target.target))).toEqual([`problem unreadable ${manifest}`, `problem unreadable ${volume}`]);
    target.target.objects.delete(manifest);
    expect(found(await run(target.target))).toContain(`problem missing ${manifest}`);
  });

  it("tells copies in the archive directory that are not the target's", async () => {
    using target = await bench();
    const copy = target.archived.find((name) => name.startsWith("duplicity-full.") && name.endsWith(".manifest"))!;
    const path = join(target.archiveDir, copy);
    writeFileSync(path, readFileSync(path, "latin1").replace(/SHA256 ./, "SHA256 f"), "latin1");
    const report = await run(target.target, {}, target.archiveDir);
    expect(found(report)).toEqual([`warning copy ${path}`]);
  });

  it("goes on where it was stopped, does not believe what was damaged, and forgets when it is done", async () => {
    using target = await bench();
    const stateFile = join(scratch(), "state");
    const total = target.target.objects.size;
    flip(target, nameOf(target, "full-signatures"), 50);
    const stopped = new FaultyStorage(target.target, [{ at: 12, operation: "get", how: "fail" }]);
    await expect(run(stopped, { stateFile })).rejects.toSatisfy((error) => isDoppelError(error, "storage.unavailable"));
    expect(existsSync(stateFile)).toBe(true);
    const watched = new FaultyStorage(target.target, []);
    const report = await run(watched, { stateFile });
    expect(report.readBefore).toBeGreaterThan(2);
    expect(report.read + report.readBefore).toBe(total);
    expect(found(report)).toEqual([`problem unreadable ${nameOf(target, "full-signatures")}`]);
    expect(existsSync(stateFile)).toBe(false);
  });

  it("begins anew for another question, and beside a state that cannot be understood", async () => {
    using target = await bench();
    const stateFile = join(scratch(), "state");
    const stopped = (): FaultyStorage => new FaultyStorage(target.target, [{ at: 12, operation: "get", how: "fail" }]);
    await expect(run(stopped(), { stateFile })).rejects.toThrow();
    expect((await run(target.target, { stateFile, withKey: false })).readBefore).toBe(0);
    for (const text of ["", "nonsense\n", '{"v":1}\n', '{"v":1,"target":"memory"']) {
      writeFileSync(stateFile, text);
      expect(await run(target.target, { stateFile })).toMatchObject({ readBefore: 0, problems: 0 });
    }
  });

  it("reads a sample, the same one for the same seed, and all manifests and receipts", async () => {
    using target = await bench();
    const job = { sample: { kind: "objects", count: 3 }, seed: 7 } as const;
    const logs = [];
    for (let i = 0; i < 2; i++) {
      const watched = new FaultyStorage(target.target, []);
      const report = await run(watched, job);
      expect(report).toMatchObject({ seed: 7, read: 2 + 2 + 3, problems: 0 });
      logs.push([...watched.log].sort());
    }
    expect(logs[0]).toEqual(logs[1]);
  });
});
