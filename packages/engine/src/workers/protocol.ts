import type { MessagePort } from "node:worker_threads";
import type { BytePath, EntryType, NoticeReason } from "@doppel/base";
import type { Change } from "@doppel/format";
import type { SourceChoice } from "../job.ts";
import type { FolderTotals } from "../source/folder-tally.ts";
import type { SerialisedError } from "./errors.ts";

/** What the source worker is told: plain data that can be cloned. */
export interface SourceWorkerInput extends SourceChoice {
  readonly mode: "read" | "count";
  readonly volumeBytes: number;
  /** An increment: the signature archives of the chain, as gzip files, the full set's first. */
  readonly base?: readonly string[];
  /** Largest block of signatures, bytes. */
  readonly maxBlockBytes: number;
  /** See `BackupJob`. */
  readonly signatureWindowBytes?: number | undefined;
  /** Go on behind what volumes of an interrupted run hold already. */
  readonly resume?: SourceResume;
  /** Count by folders of so many components, for the receipt. */
  readonly receiptFolders?: number;
  /** A program makes the entries: they come over this port, and nothing is read from the disk. */
  readonly feed?: MessagePort;
  /** Where signatures of streams wait for their length: a folder, and whose files there are (`Maker.mark`). */
  readonly spool?: { readonly tempDir: string; readonly mark: string | undefined };
  /** Int32 cells: see {@link CREDITS}, {@link STOP} and {@link FED}. */
  readonly control: SharedArrayBuffer;
}

/**
 * Where an interrupted run is gone on with: what its volumes hold is not read again but for the file that was being stored,
 * and their signatures are those that were made from what was stored.
 */
export interface SourceResume {
  /** The last path that the volumes hold. */
  readonly after: BytePath;
  /** Only the beginning of that file is in them. */
  readonly cut?: CutFile;
  /** Nothing is to be stored behind them. */
  readonly complete: boolean;
  /**
   * The signature archive of the interrupted run, plain. The first `bytes` are exactly what the volumes hold, less a file that
   * is cut; without `bytes` it is one of stock, and good as far as it goes.
   */
  readonly signatures?: { readonly file: string; readonly bytes?: number };
  /** Seconds: what the signatures do not cover, or may not, is taken for unchanged when its mtime is before this. */
  readonly begun: number;
}

/** How much of a file, or of its delta, pieces up to number `piece` hold. */
export interface CutFile {
  readonly piece: number;
  readonly bytes: number;
  /** Over the file's attributes and these bytes (`cutDigest`). Absent for a run of stock. */
  readonly digest?: string;
}

/** Cell 0: how many more batches the worker may send. It waits here, synchronously, when there are none. */
export const CREDITS = 0;
/** Cell 1: 1 tells the worker to stop at the next batch. */
export const STOP = 1;
/** Cell 2: counts what has come over the feed. The worker waits here for an answer. */
export const FED = 2;

/** Where one tar entry begins in a batch. */
export interface EntryMark {
  /** Offset of its first header block in `SourceBatch.tar`. */
  readonly offset: number;
  /** Header, content and padding. */
  readonly tarBytes: number;
  readonly path: BytePath;
  readonly type: EntryType;
  readonly change: "new" | "changed" | "deleted";
  /** Size of the whole object's content; of a stream that goes on, of what there was of it. */
  readonly size: number;
  /** The beginning of its line in the index (`indexAttributes`): at the first piece of a file or, of a stream, at the last. */
  readonly attributes?: string | undefined;
  /** Number of this piece when the file is cut. */
  readonly piece?: number | undefined;
  readonly lastPiece: boolean;
  /** A file's second or later piece: how much those before it hold. */
  readonly cut?: CutFile | undefined;
  /** Length of the signature archive before the signature of this path. */
  readonly signaturesBefore: number;
  /** What follows belongs into the next volume: this is a piece of a file larger than a volume. */
  readonly endsVolume: boolean;
}

export interface SourceNotice {
  readonly reason: NoticeReason;
  readonly incomplete: boolean;
  readonly path?: BytePath;
  readonly detail: string;
}

export interface SourceCounts {
  /** Every selected entry. */
  readonly entries: number;
  /** Bytes read from new and changed files, plus the stat size of everything else. */
  readonly sourceBytes: number;
  /** Entries stored whole, with what of `sourceBytes` is theirs. */
  readonly new: number;
  readonly newBytes: number;
  /** Files stored as a delta, with their full size. */
  readonly changed: number;
  readonly changedBytes: number;
  readonly deleted: number;
  /** Bytes of content and of deltas put into volumes. */
  readonly contentBytes: number;
  /** Entries skipped because of an error. */
  readonly errors: number;
}

export const NO_COUNTS: SourceCounts = {
  entries: 0,
  sourceBytes: 0,
  new: 0,
  newBytes: 0,
  changed: 0,
  changedBytes: 0,
  deleted: 0,
  contentBytes: 0,
  errors: 0,
};

/**
 * About 1 MiB of difftar, with the signatures that belong to it. `tar` and `signatures` lie in memory that is lent, and are
 * gone when the next batch is taken. (The marks are cloned as they are: measured, 0.1 s for 50,000; packed, 0.04 s.)
 */
export interface SourceBatch {
  readonly kind: "batch";
  readonly tar: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  readonly marks: readonly EntryMark[];
  /** SHA-256 of files whose content ended in this batch, 32 bytes each, in the order of their marks: deleted ones have none. */
  readonly digests: Uint8Array;
  /** Changes to regular files that volumes of the interrupted run hold. */
  readonly kept: readonly Change[];
  readonly notices: readonly SourceNotice[];
  readonly counts: SourceCounts;
  /** With the last batch, if they were asked for. */
  readonly folders?: readonly FolderTotals[];
}

export type SourceMessage =
  | SourceBatch
  | { readonly kind: "totals"; readonly files: number; readonly bytes: number; readonly done: boolean }
  /** The source does not allow going on with the interrupted run; nothing behind its volumes has been sent. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly error: SerialisedError };
