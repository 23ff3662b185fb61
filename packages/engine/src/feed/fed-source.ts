import type { PathEntry } from "@doppel/base";

/** One entry that a program makes, as the engine takes it. */
export interface FedItem {
  /** `size` is that of the content where `sized`; otherwise it is 0 and known only when the content has ended. */
  readonly entry: PathEntry;
  readonly sized: boolean;
  /**
   * Of a file: its bytes, asked for once at most and only when they are to be stored: of an entry that has not changed they are not. Each
   * chunk is copied before the next is asked for.
   */
  readonly content?: () => AsyncIterable<Uint8Array>;
  /** Called once when it turns out that its content will not be asked for. */
  readonly unused?: () => void;
}

/**
 * A source that is not on the disk: entries in format order (`comparePaths`), the root first. The next one is asked for when the one before
 * has been stored, so that content may be gone by then. What it throws ends the backup and is thrown by it as it is.
 */
export type FedSource = AsyncIterable<FedItem>;
