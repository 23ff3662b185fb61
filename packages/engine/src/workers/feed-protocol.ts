import type { PathEntry } from "@doppel/base";

/**
 * How entries that a program makes reach the source worker, which is synchronous: it asks, and waits on a cell until there is an
 * answer. One entry at a time; its content only if it is wanted.
 */

/** An entry as the program describes it. `size` is that of its content where `sized`, and otherwise 0. */
export interface FedEntry {
  readonly entry: PathEntry;
  /** Whether the size of a file's content is known before it is read. */
  readonly sized: boolean;
}

/** What the worker asks for; `taken` allows that many more bytes of content to be sent. */
export type FeedRequest = { readonly ask: "entry" } | { readonly ask: "content" } | { readonly taken: number };

/** What it is told. Bytes are the worker's from then on. */
export type FeedAnswer =
  | { readonly kind: "entry"; readonly fed: FedEntry }
  | { readonly kind: "data"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "content-end" }
  | { readonly kind: "end" };

/** Bytes of content that may be on their way. */
export const FEED_WINDOW = 1 << 20;
