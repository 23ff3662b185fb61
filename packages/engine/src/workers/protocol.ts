import type { BytePath, EntryType, NoticeReason } from "@doppel/base";
import type { SelectionOption } from "@doppel/tree";

/** What the source worker is told: plain data that can be cloned. */
export interface SourceWorkerInput {
  readonly mode: "read" | "count";
  readonly source: BytePath;
  readonly selection: readonly SelectionOption[];
  readonly filelists: ReadonlyMap<string, Uint8Array>;
  readonly nullSeparator: boolean;
  readonly copyLinks: boolean;
  readonly volumeBytes: number;
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
  /** Size of the whole object's content. */
  readonly size: number;
  /** Number of this piece when the file is cut. */
  readonly piece?: number;
  readonly lastPiece: boolean;
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
  /** Bytes read from files, plus the stat size of everything else. */
  readonly sourceBytes: number;
  /** Bytes of file content put into volumes. */
  readonly contentBytes: number;
  /** Entries skipped because of an error. */
  readonly errors: number;
}

/** About 1 MiB of difftar, with the signatures that belong to it. The arrays are handed over. */
export interface SourceBatch {
  readonly kind: "batch";
  readonly tar: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  readonly marks: readonly EntryMark[];
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
