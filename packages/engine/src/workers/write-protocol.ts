import type { PathEntry } from "@doppel/base";
import type { FileOutcome, FilePlace } from "@doppel/tree";

/** What a writer thread is told when it starts. */
export interface WriteWorkerInput {
  readonly numericOwner: boolean;
  readonly restoreOwner: boolean;
  readonly leaveSpecial?: boolean;
}

export type WriteOrder =
  | { readonly kind: "begin"; readonly place: FilePlace; readonly entry: PathEntry }
  /** Bytes of the batch's slot. */
  | { readonly kind: "write"; readonly from: number; readonly to: number }
  | { readonly kind: "end" }
  | { readonly kind: "abort" };

/** Many small files, or part of a large one. The slot is the thread's until it replies. */
export interface WriteBatch {
  readonly slot: Uint8Array<SharedArrayBuffer>;
  readonly orders: readonly WriteOrder[];
}

/** One for each batch, in order. */
export interface WriteReply {
  /** One for each file that was begun, in their order, as soon as it is known. */
  readonly outcomes: readonly FileOutcome[];
}
