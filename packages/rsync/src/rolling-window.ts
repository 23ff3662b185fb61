import type { WeakFilter } from "./block-index.ts";

/** The weak sum of `bytes[start..end)` as a signed 32-bit integer. */
export type WeakSum = (bytes: Uint8Array, start: number, end: number) => number;

/**
 * A weak sum that slides over a buffer. The caller keeps the position: every method is told where the window begins, and
 * must be told the truth. The loops live here, one per kind of sum, because a call per byte would cost more than the sum.
 */
export interface RollingWindow {
  /** The sum of the window as a signed 32-bit integer. */
  digest(): number;
  /** Begins anew with the window `bytes[at..at + length)`. */
  start(bytes: Uint8Array, at: number, length: number): void;
  /** Slides the window, now at `at`, by one byte: `bytes[at + length]` enters. */
  roll(bytes: Uint8Array, at: number): void;
  /**
   * Slides on from `at` until `filter` may hold the sum or the window begins at `limit`, which is left untested.
   * `bytes` must reach beyond the window at `limit - 1` by one byte. Returns where the window now begins.
   */
  seek(bytes: Uint8Array, at: number, limit: number, filter: WeakFilter): number;
  /** Drops the first byte of the window, which is `bytes[at]`: it becomes one shorter. */
  shrink(bytes: Uint8Array, at: number): void;
}
