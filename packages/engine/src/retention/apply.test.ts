import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DoppelError, type RunEvent } from "@doppel/base";
import { buildCollection, NO_PREFIXES } from "@doppel/format";
import { FaultyStorage, MemoryStorage, tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { cleanup } from "../cleanup.ts";
import { retain } from "../retain.ts";
import { SAFETY_AGE_MS } from "./plan-cleanup.ts";
import { day, full, inc, type MadeSet, namesOfMade } from "./test-support.ts";

const SETS = [full(0, { volumes: 3 }), inc(0, 1), inc(1, 2, { volumes: 2 }), full(5), full(9, { lacks: "manifest" })];

function holding(sets: readonly MadeSet[]): MemoryStorage {
  const storage = new MemoryStorage();
  for (const name of sets.flatMap(namesOfMade)) storage.objects.set(name, new Uint8Array(10));
  return storage;
}

function runtimeAt(now: Date, events: RunEvent[] = [], signal = new AbortController().signal) {
  return {
    clock: { now: () => now, sleep: () => Promise.resolve() },
    random: { bytes: (n: number) => new Uint8Array(n) },
    emit: (event: RunEvent) => void events.push(event),
    signal,
  };
}

const job = { policy: { kind: "remove-all-but-n-full", count: 1 }, prefixes: NO_PREFIXES, force: true } as const;

describe("retain and cleanup", () => {
  it("delete nothing without force, and say what they would", async () => {
    const storage = holding(SETS);
    const before = [...storage.objects.keys()];
    const deps = { storage, archiveDir: join(tempDir(), "absent") };
    const kept = await retain({ ...job, force: false }, deps, runtimeAt(day(99)));
    const clean = await cleanup({ prefixes: NO_PREFIXES, force: false, minimumAgeMs: 0 }, deps, runtimeAt(day(99)));
    expect([...storage.objects.keys()]).toEqual(before);
    expect([kept.applied, clean.applied]).toEqual([false, false]);
    expect(kept.plan.deletions.bytes).toBe(120);
    expect(clean.plan.deletions.bytes).toBe(20);
  });

  it("delete with force, emit every name, and take the copies in the archive directory", async () => {
    const storage = holding(SETS);
    const archiveDir = join(tempDir(), "archive");
    mkdirSync(archiveDir);
    for (const set of ["full.20231114T221320Z", "full.20231119T221320Z", "full.20231123T221320Z"])
      writeFileSync(join(archiveDir, `duplicity-${set}.manifest`), "");
    const events: RunEvent[] = [];
    const names = new Set(storage.objects.keys());
    await retain(job, { storage, archiveDir }, runtimeAt(day(99), events));
    await cleanup({ prefixes: NO_PREFIXES, force: true, minimumAgeMs: 0 }, { storage, archiveDir }, runtimeAt(day(99), events));
    expect([...storage.objects.keys()]).toEqual(namesOfMade(full(5)));
    for (const name of storage.objects.keys()) names.delete(name);
    expect(events.flatMap((event) => (event.type === "object.deleted" ? [event.name] : [])).sort()).toEqual([...names].sort());
    expect(readdirSync(archiveDir)).toEqual(["duplicity-full.20231119T221320Z.manifest"]);
  });

  it("give up unfinished uploads of ours, those of a day ago with force, the younger ones with a minimum age of 0", async () => {
    const volume = namesOfMade(full(9))[0]!;
    const upload = (name: string, begun: Date) => ({ name, begun, id: `${name} ${begun.toISOString()}` });
    const [young, old, theirs] = [upload(volume, day(98.5)), upload(volume, day(90)), upload("theirs.bin", day(3))];
    let left = [young, old, theirs];
    const storage = Object.assign(holding([full(5)]), {
      unfinished: async function* () {
        yield* left;
      },
      abortUnfinished: async (uploads: readonly (typeof young)[]) => {
        left = left.filter((one) => !uploads.includes(one));
      },
    });
    const deps = { storage, archiveDir: join(tempDir(), "absent") };
    const run = (force: boolean, minimumAgeMs: number) =>
      cleanup({ prefixes: NO_PREFIXES, force, minimumAgeMs }, deps, runtimeAt(day(99)));
    const { plan } = await run(false, SAFETY_AGE_MS);
    expect([plan.uploads, plan.recentUploads, left]).toEqual([[old], [young], [young, old, theirs]]);
    await run(true, SAFETY_AGE_MS);
    expect(left).toEqual([young, theirs]);
    await run(true, 0);
    expect(left).toEqual([theirs]);
  });

  it("go on when they may not see unfinished uploads, and say so", async () => {
    const denied = new DoppelError("storage.denied", "the credentials need s3:ListBucketMultipartUploads", {
      operation: "list",
      name: "b",
    });
    const storage = Object.assign(holding(SETS), {
      // oxlint-disable-next-line require-yield
      unfinished: async function* () {
        throw denied;
      },
    });
    const events: RunEvent[] = [];
    const deps = { storage, archiveDir: join(tempDir(), "absent") };
    const { plan } = await cleanup({ prefixes: NO_PREFIXES, force: true, minimumAgeMs: 0 }, deps, runtimeAt(day(99), events));
    expect(plan.incomplete).toHaveLength(1);
    expect(events.find(({ type }) => type === "notice")).toMatchObject({
      detail: expect.stringContaining("ListBucketMultipart"),
    });
  });

  it("stop at the first failure, say how far they came, and go on the next time", async () => {
    for (let at = 1; ; at++) {
      const inner = holding(SETS);
      const storage = new FaultyStorage(inner, [{ at, operation: "delete", how: "fail" }]);
      const deps = { storage, archiveDir: join(tempDir(), "absent") };
      const error = await retain(job, deps, runtimeAt(day(99))).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (storage.exhausted) {
        const gone = 12 + 3 + 2 - inner.objects.size;
        expect(error).toBeInstanceOf(DoppelError);
        expect((error as DoppelError).code).toBe("storage.unavailable");
        expect((error as DoppelError).message).toMatch(/^A fault that the test asked for/); // the cause comes first
        expect((error as DoppelError).message).toContain(gone === 0 ? "nothing is deleted" : `${gone} of 12 objects are deleted`);
        for (const set of buildCollection(inner.objects.keys()).chains) expect(set.full.volumes.size).toBeGreaterThan(0);
        expect(storage.log.at(-1)).toMatch(/^delete/);
        await retain(job, deps, runtimeAt(day(99)));
        await cleanup({ prefixes: NO_PREFIXES, force: true, minimumAgeMs: 0 }, deps, runtimeAt(day(99)));
        expect([...inner.objects.keys()]).toEqual(namesOfMade(full(5)));
      } else {
        expect(error).toBeUndefined();
        expect(at).toBe(3 + 1 + 1 + 1); // three manifests, then signatures and volumes at a stroke
        return;
      }
    }
  });

  it("delete nothing more after an abort", async () => {
    const storage = holding(SETS);
    const controller = new AbortController();
    const runtime = runtimeAt(day(99), [], controller.signal);
    const emit = ({ type }: RunEvent) => {
      if (type === "object.deleted") controller.abort(new DoppelError("run.aborted", "stopped", {}));
    };
    await expect(retain(job, { storage, archiveDir: "/nonexistent" }, { ...runtime, emit })).rejects.toThrow("stopped");
    expect(storage.objects.size).toBe(17 - 1);
  });
});
