import type { PathEntry } from "@doppel/base";

/**
 * How entries that a program makes reach the source worker, which is synchronous: it asks, and waits on a cell until there is an
 * answer. One entry at a time; its content only if it is wanted.
 */

/** An entry as the program describes it. `size` is that of its content where `sized`, and otherwise 0. */
interface FedEntry {
  readonly entry: PathEntry;
  /** Whether the size of a file's content is known before it is read. */
  readonly sized: boolean;
}

/** What the worker asks for, or the memory of content that it has used up: it goes to and fro, as fresh memory is dear. */
export type FeedRequest = { readonly ask: "entry" } | { readonly ask: "content" } | { readonly used: ArrayBuffer };

/** What it is told. Bytes are the worker's from then on. */
export type FeedAnswer =
  | { readonly kind: "entry"; readonly fed: FedEntry }
  | { readonly kind: "data"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "content-end" }
  | { readonly kind: "end" };

/** Parts of content that may be on their way, and their size. Content goes over in such parts however small its chunks are: each message has its price (20 µs). */
export const FEED_PARTS = 4;
export const FEED_PART_BYTES = 1 << 18;
