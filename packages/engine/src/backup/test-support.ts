import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DoppelError, pathFromText, type RunEvent, type Runtime } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import type { SecretKeys } from "@doppel/openpgp";
import type { Storage } from "@doppel/storage";
import {
  asStored,
  compareTrees,
  type Fault,
  FaultyStorage,
  isRoot,
  materialise,
  MemoryStorage,
  openTempDir,
  scanTree,
  type TreeSpec,
} from "@doppel/testkit";
import { expect } from "vitest";
import { backup } from "../backup.ts";
import type { BackupDeps, BackupJob, BackupReport, Envelope, RestoreJob } from "../job.ts";
import { restore } from "../restore.ts";

export interface Ran {
  readonly report?: BackupReport;
  readonly error?: unknown;
  readonly events: readonly RunEvent[];
  /** What was asked of the target, as FaultyStorage logs it. */
  readonly log: readonly string[];
  readonly exhausted: boolean;
}

/** A source, a target in memory that nothing may be taken from, and an archive directory; time goes on by a minute a run. */
export class Bench implements Disposable {
  readonly #dir = openTempDir("/tmp");
  readonly target = new MemoryStorage();
  readonly source: string;
  readonly archiveDir: string;
  #now = 1_700_000_000_000;

  constructor() {
    this.source = join(this.#dir.path, "source");
    this.archiveDir = join(this.#dir.path, "archive");
    mkdirSync(this.source);
    mkdirSync(join(this.#dir.path, "tmp"));
  }

  get archived(): readonly string[] {
    return readdirSync(this.archiveDir).sort();
  }

  become(specs: readonly TreeSpec[]): void {
    rmSync(this.source, { recursive: true });
    mkdirSync(this.source);
    materialise(specs, this.source);
  }

  async backup(
    job: Partial<BackupJob> = {},
    {
      faults = [],
      envelope = { kind: "gzip" },
      storage,
      ...more
    }: { faults?: Fault[]; envelope?: Envelope; storage?: Storage } & Pick<BackupDeps, "receiptSigner"> = {},
  ): Promise<Ran> {
    const watched = new FaultyStorage(storage ?? this.target, faults);
    const runtime = this.#runtime();
    const deps = { storage: watched, envelope, archiveDir: this.archiveDir, tempDir: join(this.#dir.path, "tmp"), ...more };
    const whole: BackupJob = {
      kind: "auto",
      source: pathFromText(this.source),
      selection: [],
      filelists: new Map(),
      nullSeparator: false,
      copyLinks: false,
      allowSourceMismatch: false,
      volumeBytes: 1 << 17,
      compressLevel: 1,
      threads: 2,
      hostname: pathFromText("host"),
      prefixes: NO_PREFIXES,
      countTotals: false,
      dryRun: false,
      skipIfUnchanged: false,
      listChanges: true,
      maxBlockBytes: 2048,
      resume: "any",
      sabotage: {},
      verbose: false,
      ...job,
    };
    const before = new Map(this.target.objects);
    const told = () => ({ events: runtime.events, log: watched.log, exhausted: watched.exhausted });
    try {
      return { report: await backup(whole, deps, runtime), ...told() };
    } catch (error) {
      if (!(error instanceof DoppelError)) throw error;
      return { error, ...told() };
    } finally {
      for (const [name, bytes] of before) expect(this.target.objects.get(name), `${name} is untouched`).toBe(bytes);
      expect(watched.log.filter((line) => line.startsWith("delete"))).toEqual([]);
    }
  }

  /** The differences between what is restored and the source as it is now. */
  async differences(time?: Date, keys?: SecretKeys): Promise<readonly unknown[]> {
    return compareTrees(asStored(scanTree(this.source)), await this.restored(time, keys), { ignoreOwner: !isRoot });
  }

  async restored(time?: Date, keys?: SecretKeys, job: Partial<RestoreJob> = {}, archiveDir = join(this.#dir.path, "no-archive")) {
    const out = join(this.#dir.path, "out");
    rmSync(out, { recursive: true, force: true });
    const deps = {
      storage: this.target,
      archiveDir,
      tempDir: join(this.#dir.path, "tmp"),
      ...(keys && { keys }),
    };
    await restore(
      {
        target: pathFromText(out),
        prefixes: NO_PREFIXES,
        useIndex: true,
        keepGoing: false,
        threads: 2,
        force: true,
        dryRun: false,
        renames: [],
        numericOwner: true,
        restoreOwner: isRoot,
        verbose: false,
        ...(time && { time }),
        ...job,
      },
      deps,
      this.#runtime(),
    );
    return scanTree(out);
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }

  #runtime(): Runtime & { readonly events: RunEvent[] } {
    this.#now += 60_000;
    const events: RunEvent[] = [];
    let random = 0;
    return {
      clock: { now: () => new Date(this.#now), sleep: async (ms) => void (this.#now += ms) },
      random: { bytes: (n) => Buffer.alloc(n, ++random + (this.#now % 251)) },
      emit: (event) => void events.push(event),
      signal: new AbortController().signal,
      events,
    };
  }
}
