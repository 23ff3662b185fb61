import { availableParallelism, hostname } from "node:os";
import { type BytePath, DoppelError, isDoppelError, ROOT, type Runtime } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { normaliseSource } from "@doppel/tree";
import { backup, checkBackup } from "../backup.ts";
import { lockArchiveDir } from "../cache/lock.ts";
import { check } from "../check.ts";
import type { CheckReport } from "../check/report.ts";
import { cleanup, type CleanupReport } from "../cleanup.ts";
import type { BackupJob, BackupReport, ReadDeps, RestoreReport, StatusReport, VerifyReport } from "../job.ts";
import { listBatches } from "../list.ts";
import { readFile } from "../read-file.ts";
import { restore } from "../restore.ts";
import { retain, type RetainReport } from "../retain.ts";
import { SAFETY_AGE_MS } from "../retention/plan-cleanup.ts";
import type { RetentionPolicy } from "../retention/policy.ts";
import { status } from "../status.ts";
import { verify } from "../verify.ts";
import { entriesJob, folderJob } from "./backup-jobs.ts";
import { checkDate, checkOptions, checkWhole } from "./check-arguments.ts";
import { envelopeOf } from "./encryption.ts";
import { type FileEntry, fileEntry } from "./file-entry.ts";
import { Jobs } from "./jobs.ts";
import { letGo } from "./made-content.ts";
import type { MadeEntries, MadeEntry } from "./made-entry.ts";
import type {
  BackupOptions,
  DeleteOptions,
  EntriesBackupOptions,
  FolderBackupOptions,
  JobOptions,
  ListOptions,
  ReadOptions,
  RestoreOptions,
  StateOptions,
  TargetOptions,
  VerifyOptions,
} from "./options.ts";
import { badArgument, bytePath, innerPath, type PathLike } from "./paths.ts";
import type { Place } from "./place.ts";
import type { PrivateArchive } from "./private-archive.ts";
import { type StoredBackup, storedBackups } from "./stored-backup.ts";

/** What {@link openTarget} makes of its arguments. */
export interface TargetParts {
  readonly place: Place;
  readonly prefixes: NamePrefixes;
  readonly tempDir: string;
  readonly archive: PrivateArchive | string;
  readonly options: TargetOptions;
}

const STATE = ["signal", "onEvent", "time"];

/**
 * A place where backups are. Any number of jobs may run at once, also of several targets, but one backup. Every method rejects with a
 * `DoppelError` whose `code` says what is wrong, or with what the program's own entries and storage throw; after {@link close} with `api.closed`.
 */
export class Target implements AsyncDisposable {
  readonly #parts: TargetParts;
  readonly #jobs: Jobs;
  #isBackingUp = false;

  /** @internal Made by {@link openTarget}. */
  constructor(parts: TargetParts) {
    this.#parts = parts;
    this.#jobs = new Jobs(parts.place.label, parts.options.onEvent);
  }

  /** The URL without secrets, for people. */
  get label(): string {
    return this.#parts.place.label;
  }

  /**
   * Backs up a folder, or a single file. It is stored when this resolves; `incomplete` in the report counts what was not readable, each with its notice
   * (`JobOptions.onEvent`). A backup that was interrupted is gone on with where the archive directory knows of it.
   * @throws source.missing, source.unreadable, source.mismatch, archive-dir.locked, api.busy, storage.*, openpgp.*
   */
  async backup(folder: PathLike, options: FolderBackupOptions): Promise<BackupReport> {
    return this.#backup(options, () => folderJob(folder, options, this.#parts.prefixes));
  }

  /**
   * Backs up what the program gives: files that exist only as streams, for instance. Nothing of it is written to the disk. Of a content whose size is not
   * given 4 MiB are in memory; it is stored in pieces of that size, and restored as one file.
   * @throws source.bad-entry, source.missing (no entry), source.mismatch, archive-dir.locked, api.busy, storage.*, openpgp.*; what the entries throw
   */
  async backupEntries(entries: MadeEntries, options: EntriesBackupOptions): Promise<BackupReport> {
    try {
      return await this.#backup(options, (now) => entriesJob(entries, options, this.#parts.prefixes, now));
    } catch (error) {
      // What nobody has come to: a generator makes its streams only when it is asked for them.
      if (Array.isArray(entries))
        for (const made of entries as readonly Partial<MadeEntry>[]) if (made?.content) letGo(made.content);
      throw error;
    }
  }

  async #backup(options: BackupOptions, make: (now: Date) => BackupJob): Promise<BackupReport> {
    return this.#jobs.run(options, async (runtime) => {
      if (this.#isBackingUp)
        throw busy(
          "backup",
          "a backup to this target is under way; wait for it, or open the target once more with another archiveDir",
        );
      this.#isBackingUp = true;
      try {
        const job = make(runtime.clock.now());
        checkBackup(job);
        const envelope = envelopeOf(options.encryption, options.compress ?? true);
        const archiveDir = await this.#archiveDir(true);
        const isPrivate = typeof this.#parts.archive !== "string";
        await using _ = isPrivate ? undefined : await lockArchiveDir(archiveDir, { hostname: hostname(), create: true }, runtime);
        const signer = options.receipt?.signer;
        const storage = await this.#parts.place.forWriting();
        const deps = { ...this.#deps(storage, archiveDir), envelope, ...(signer && { receiptSigner: signer }) };
        return await backup(job, deps, runtime);
      } finally {
        this.#isBackingUp = false;
      }
    });
  }

  /** The backups that can be restored, oldest first. Tells from the listing and the archive directory; needs no key. */
  async backups(options: JobOptions = {}): Promise<readonly StoredBackup[]> {
    return storedBackups(await this.status(options));
  }

  /** All that is at the target, by chains, with what is unfinished or lost. */
  async status(options: JobOptions = {}): Promise<StatusReport> {
    return this.#jobs.run(options, async (runtime) => {
      checkOptions(options, ["signal", "onEvent"]);
      return status({ prefixes: this.#parts.prefixes }, await this.#readDeps(), runtime);
    });
  }

  /**
   * The entries of a state, in the order of the format; no volume is read. Each iteration lists anew.
   * @throws (while iterating) collection.*, restore.path-not-found, openpgp.*, storage.*
   */
  list(options: ListOptions = {}): AsyncIterable<FileEntry> {
    return this.#jobs.iterate(options, (runtime) => this.#list(options, runtime));
  }

  async *#list(options: ListOptions, runtime: Runtime): AsyncGenerator<FileEntry> {
    checkOptions(options, [...STATE, "path", "recursive"]);
    const part = partOf(options.path, "options.path");
    const depth = options.recursive === false ? depthOf(part.path ?? ROOT) + 1 : Infinity;
    const job = { ...this.#state(options), ...this.#byIndex, ...part };
    for await (const batch of listBatches(job, await this.#readDeps(), runtime)) {
      for (const entry of batch) if (depthOf(entry.path) <= depth) yield fileEntry(entry);
    }
  }

  /** One entry of a state; undefined when nothing is there. @throws collection.*, openpgp.*, storage.* */
  async stat(path: PathLike, options: StateOptions = {}): Promise<FileEntry | undefined> {
    return this.#jobs.run(options, async (runtime) => {
      checkOptions(options, STATE);
      const job = { ...this.#state(options), ...this.#byIndex, ...partOf(path, "path") };
      const deps = await this.#readDeps();
      try {
        for await (const [first] of listBatches(job, deps, runtime)) if (first) return fileEntry(first);
        return undefined;
      } catch (error) {
        if (isDoppelError(error, "restore.path-not-found")) return undefined;
        throw error;
      }
    });
  }

  /**
   * The content of a file in a state, or a part of it. Nothing is fetched before the first chunk is asked for; leaving the loop releases everything; each iteration
   * reads anew. Chunks are the caller's. Only the volumes, or parts of them, that hold it are fetched and, of a range, decoded from the beginning of the file on.
   * Content that lies in one full backup never touches the disk (but for volumes over 16 MiB that have no index); what increments have changed is put together
   * in memory up to 4 MiB, and then in a file in `tempDir` that has no name.
   * The end of the content proves all of it; an error means that what came before it is not to be trusted, and a range that ends before does not prove itself.
   * @throws (while iterating) restore.path-not-found, restore.not-a-file, api.bad-argument, collection.*, volume.*, openpgp.*, storage.*
   */
  read(path: PathLike, options: ReadOptions = {}): AsyncIterable<Uint8Array> {
    return this.#jobs.iterate(options, (runtime) => this.#read(path, options, runtime));
  }

  async *#read(path: PathLike, options: ReadOptions, runtime: Runtime): AsyncGenerator<Uint8Array> {
    checkOptions(options, [...STATE, "start", "end"]);
    const { start = 0, end = Infinity } = options;
    checkWhole(options.start, "start", 0);
    checkWhole(options.end, "end", start);
    const job = { ...this.#state(options), path: innerPath(path, "path") };
    let at = 0;
    for await (const chunk of readFile(job, await this.#readDeps(), runtime)) {
      const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
      at += chunk.length;
      if (part.length > 0) yield Uint8Array.from(part); // the engine uses its memory again
      if (at >= end) return;
    }
  }

  /**
   * Restores a state, or one path of it, to a folder of this machine. What is lost is told, and the rest is restored; `incomplete`, `lost` and `badVolumes` of the report count it.
   * @throws restore.*, collection.*, volume.*, openpgp.*, storage.*
   */
  async restore(into: PathLike, options: RestoreOptions = {}): Promise<RestoreReport> {
    return this.#jobs.run(options, async (runtime) => {
      const own = ["path", "force", "keepGoing", "numericOwner", "restoreOwner", "leaveSpecial", "threads"];
      checkOptions(options, [...STATE, ...own]);
      checkWhole(options.threads, "threads", 1, 64);
      const job = {
        ...this.#state(options),
        target: bytePath(into, "into"),
        ...partOf(options.path, "options.path"),
        useIndex: true,
        threads: options.threads ?? availableParallelism(),
        keepGoing: options.keepGoing ?? true,
        force: options.force ?? false,
        dryRun: false,
        renames: [],
        numericOwner: options.numericOwner ?? false,
        restoreOwner: options.restoreOwner ?? true,
        leaveSpecial: options.leaveSpecial ?? false,
        verbose: options.onEvent !== undefined,
      };
      return restore(job, await this.#readDeps(), runtime);
    });
  }

  /** Reads a state whole, as a restore would, without writing it, and compares it with a folder if one is given. */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return this.#jobs.run(options, async (runtime) => {
      checkOptions(options, [...STATE, "path", "compareWith"]);
      const compareWith = options.compareWith === undefined ? undefined : bytePath(options.compareWith, "options.compareWith");
      const job = {
        ...this.#state(options),
        source: normaliseSource(compareWith ?? ("." as BytePath)),
        selection: compareWith === undefined ? [{ option: "exclude" as const, value: "**" }] : [],
        filelists: new Map<string, Uint8Array>(),
        nullSeparator: false,
        copyLinks: false,
        compareData: compareWith !== undefined,
        numericOwner: false,
        ...partOf(options.path, "options.path"),
        verbose: options.onEvent !== undefined,
      };
      return verify(job, await this.#readDeps(), runtime);
    });
  }

  /** Every object of every backup against the hashes in the manifests; without `keys` what can be told from outside. */
  async check(options: JobOptions = {}): Promise<CheckReport> {
    return this.#jobs.run(options, async (runtime) => {
      checkOptions(options, ["signal", "onEvent"]);
      const withKey = this.#parts.options.keys !== undefined;
      const job = { prefixes: this.#parts.prefixes, withKey, sample: { kind: "all" as const }, parallel: 4 };
      return check(job, await this.#readDeps(), runtime);
    });
  }

  /** Plans what a policy takes and, with `force`, deletes that: whole chains, but nothing that another backup needs. */
  async retain(policy: RetentionPolicy, options: DeleteOptions = {}): Promise<RetainReport> {
    return this.#jobs.run(options, async (runtime) => {
      checkOptions(options, ["signal", "onEvent", "force"]);
      const deps = await this.#deleteDeps();
      try {
        return await retain({ policy, prefixes: this.#parts.prefixes, force: options.force === true }, deps, runtime);
      } catch (error) {
        if (error instanceof RangeError) throw badArgument("policy", error.message);
        throw error;
      }
    });
  }

  /** Plans the removal of what no backup needs and, with `force`, removes it: unfinished backups of two days ago, for instance. */
  async cleanup(options: DeleteOptions = {}): Promise<CleanupReport> {
    return this.#jobs.run(options, async (runtime) => {
      checkOptions(options, ["signal", "onEvent", "force"]);
      const deps = await this.#deleteDeps();
      const job = { prefixes: this.#parts.prefixes, force: options.force === true, minimumAgeMs: SAFETY_AGE_MS };
      return cleanup(job, deps, runtime);
    });
  }

  /** Waits for jobs under way (a signal ends them sooner), ends what is being listed or read, and lets go of everything. Twice is no error. */
  async close(): Promise<void> {
    if (!(await this.#jobs.close())) return;
    const { place, archive, options } = this.#parts;
    try {
      await options.keys?.close();
    } finally {
      if (typeof archive !== "string") archive[Symbol.dispose]();
      await place[Symbol.asyncDispose]();
    }
  }

  /** As {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #archiveDir(make = false): Promise<string> {
    const { archive } = this.#parts;
    if (typeof archive === "string") return archive;
    if (make) await archive.make();
    return archive.path;
  }

  async #readDeps(): Promise<ReadDeps> {
    return this.#deps(await this.#parts.place.forReading(), await this.#archiveDir());
  }

  async #deleteDeps() {
    return { storage: await this.#parts.place.forReading(), archiveDir: await this.#archiveDir() };
  }

  #deps(storage: Storage, archiveDir: string): ReadDeps {
    const { tempDir, options } = this.#parts;
    const { keys, verifier } = options;
    return { storage, archiveDir, tempDir, ...(keys && { keys }), ...(verifier && { verifier }) };
  }

  /** A program's keys ask nobody for anything, so that sizes may be exact. */
  get #byIndex(): { readonly useIndex: true | "always" } {
    return { useIndex: this.#parts.options.keys ? "always" : true };
  }

  #state({ time }: StateOptions): { readonly time?: Date; readonly prefixes: NamePrefixes } {
    checkDate(time, "time");
    return { ...(time && { time }), prefixes: this.#parts.prefixes };
  }
}

/** The part of a backup that a path names; the root, and nothing said, are all of it. @throws api.bad-argument */
function partOf(path: PathLike | undefined, argument: string): { readonly path?: BytePath } {
  const inner = path === undefined ? ROOT : innerPath(path, argument);
  return inner === ROOT ? {} : { path: inner };
}

function depthOf(path: BytePath): number {
  return path === "" ? 0 : path.split("/").length;
}

function busy(operation: string, message: string): DoppelError {
  return new DoppelError("api.busy", message, { operation });
}
