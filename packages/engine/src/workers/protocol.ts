import type { BytePath, EntryType, NoticeReason } from "@doppel/base";
import type { SourceChoice } from "../job.ts";

/** What the source worker is told: plain data that can be cloned. */
export interface SourceWorkerInput extends SourceChoice {
  readonly mode: "read" | "count";
  readonly volumeBytes: number;
  /** An increment: the signature archives of the chain, as gzip files, the full set's first. */
  readonly base?: readonly string[];
  /** Int32 cells: see {@link CREDITS} and {@link STOP}. */
  readonly control: SharedArrayBuffer;
}

/** Cell 0: how many more batches the worker may send. It waits here, synchronously, when there are none. */
export const CREDITS = 0;
/** Cell 1: 1 tells the worker to stop at the next batch. */
export const STOP = 1;

/** Where one tar entry begins in a batch. */
export interface EntryMark {
  /** Offset of its first header block in `SourceBatch.tar`. */
  readonly offset: number;
  /** Header, content and padding. */
  readonly tarBytes: number;
  readonly path: BytePath;
  readonly type: EntryType;
  readonly change: "new" | "changed" | "deleted";
  /** Size of the whole object's content. */
  readonly size: number;
  /** The beginning of its line in the index (`indexAttributes`); not at the second and later pieces of a file. */
  readonly attributes?: string;
  /** Number of this piece when the file is cut. */
  readonly piece?: number;
  readonly lastPiece: boolean;
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

/** About 1 MiB of difftar, with the signatures that belong to it. The arrays are handed over. */
export interface SourceBatch {
  readonly kind: "batch";
  readonly tar: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  readonly marks: readonly EntryMark[];
  /** SHA-256 of files whose content ended in this batch, 32 bytes each, in the order of their marks: deleted ones have none. */
  readonly digests: Uint8Array;
  readonly notices: readonly SourceNotice[];
  readonly counts: SourceCounts;
}

export type SourceMessage =
  | SourceBatch
  | { readonly kind: "totals"; readonly files: number; readonly bytes: number; readonly done: boolean }
  | { readonly kind: "end" }
  | { readonly kind: "failed"; readonly error: SerialisedError };

export interface SerialisedError {
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly data?: unknown;
}
