import type { Runtime } from "@doppel/base";
import type { BackupStatistics } from "../job.ts";
import type { SourceBatch, SourceCounts } from "../workers/protocol.ts";

const PROGRESS_EVERY_MS = 100;

/** Counts for the statistics block, and progress events at a bounded rate. */
export class Tally {
  readonly #runtime: Runtime;
  readonly #verbose: boolean;
  #counts: SourceCounts = { entries: 0, sourceBytes: 0, contentBytes: 0, errors: 0 };
  #totals: { files: number; bytes: number; done: boolean } | undefined;
  #lastProgress = 0;
  incomplete = 0;

  constructor(runtime: Runtime, verbose: boolean) {
    this.#runtime = runtime;
    this.#verbose = verbose;
  }

  totals(totals: { files: number; bytes: number; done: boolean }): void {
    this.#totals = totals;
  }

  batch(batch: SourceBatch): void {
    this.#counts = batch.counts;
    for (const notice of batch.notices) {
      if (notice.incomplete) this.incomplete++;
      this.#runtime.emit({ type: "notice", ...notice });
    }
    if (!this.#verbose) return;
    for (const { path, type, size, lastPiece } of batch.marks) {
      if (lastPiece) this.#runtime.emit({ type: "entry.done", path, entryType: type, size });
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
    const { entries, sourceBytes, contentBytes, errors } = this.#counts;
    return {
      startTime,
      endTime: this.#runtime.clock.now(),
      sourceFiles: entries,
      sourceFileSize: sourceBytes,
      newFiles: entries,
      newFileSize: sourceBytes,
      deletedFiles: 0,
      changedFiles: 0,
      changedFileSize: 0,
      changedDeltaSize: 0,
      deltaEntries: entries,
      rawDeltaSize: contentBytes,
      totalDestinationSizeChange: storedBytes,
      errors,
    };
  }
}
