import type { DoppelError, NoticeReason, Runtime } from "@doppel/base";
import type { BackupStatistics } from "../job.ts";
import { NO_COUNTS, type SourceBatch, type SourceCounts, type SourceNotice } from "../workers/protocol.ts";

const PROGRESS_EVERY_MS = 100;

/** Counts for the statistics block, and progress events at a bounded rate. */
export class Tally {
  readonly #runtime: Runtime;
  readonly #verbose: boolean;
  #counts: SourceCounts = NO_COUNTS;
  #totals: { files: number; bytes: number; done: boolean } | undefined;
  #lastProgress = 0;
  /** Of those that make the backup incomplete, by reason. */
  readonly notices = new Map<NoticeReason, number>();
  incomplete = 0;

  constructor(runtime: Runtime, verbose: boolean) {
    this.#runtime = runtime;
    this.#verbose = verbose;
  }

  /** For another attempt: counts begin anew, but for what was noticed before the first. */
  fork(): Tally {
    const other = new Tally(this.#runtime, this.#verbose);
    other.incomplete = this.incomplete;
    for (const [reason, count] of this.notices) other.notices.set(reason, count);
    return other;
  }

  archiveProblem(error: DoppelError): void {
    const detail = `${error.message}. The backup itself does not need it, but the next increment must fetch and decrypt what is missing there`;
    this.notice({ reason: "archive-dir", incomplete: true, detail });
  }

  totals(totals: { files: number; bytes: number; done: boolean }): void {
    this.#totals = totals;
  }

  notice(notice: SourceNotice): void {
    if (notice.incomplete) {
      this.incomplete++;
      this.notices.set(notice.reason, (this.notices.get(notice.reason) ?? 0) + 1);
    }
    this.#runtime.emit({ type: "notice", ...notice });
  }

  get counts(): SourceCounts {
    return this.#counts;
  }

  batch(batch: SourceBatch): void {
    this.#counts = batch.counts;
    for (const notice of batch.notices) this.notice(notice);
    if (!this.#verbose) return;
    for (const { path, type, size, change, lastPiece } of batch.marks) {
      if (lastPiece) this.#runtime.emit({ type: "entry.done", path, entryType: type, size, change });
    }
  }

  progress(volumes: number, storedBytes: number): void {
    const now = this.#runtime.clock.now().getTime();
    if (now - this.#lastProgress < PROGRESS_EVERY_MS) return;
    this.#lastProgress = now;
    const totals = this.#totals;
    this.#runtime.emit({
      type: "progress",
      files: this.#counts.entries,
      bytes: this.#counts.contentBytes,
      volumes,
      storedBytes,
      ...(totals ? { totalFiles: totals.files, totalBytes: totals.bytes } : {}),
      totalKnown: totals?.done ?? false,
    });
  }

  statistics(startTime: Date, storedBytes: number): BackupStatistics {
    const counts = this.#counts;
    return {
      startTime,
      endTime: this.#runtime.clock.now(),
      sourceFiles: counts.entries,
      sourceFileSize: counts.sourceBytes,
      newFiles: counts.new,
      newFileSize: counts.newBytes,
      deletedFiles: counts.deleted,
      changedFiles: counts.changed,
      changedFileSize: counts.changedBytes,
      changedDeltaSize: 0, // always, in stock (duplicity-cli.md 4.3)
      deltaEntries: counts.new + counts.changed + counts.deleted,
      rawDeltaSize: counts.contentBytes,
      totalDestinationSizeChange: storedBytes,
      errors: counts.errors,
    };
  }
}
