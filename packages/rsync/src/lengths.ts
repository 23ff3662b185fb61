import { SIGNATURE_HEADER_LENGTH, WEAK_LENGTH } from "./formats.ts";

/** Stock's `--max-blocksize` default. */
const STOCK_MAXIMUM = 2048;

/** Strong sums are cut to this in everything stock writes (spec 4.3). */
export const DEFAULT_STRONG_LENGTH = 8;

/**
 * The block length stock duplicity up to 3.0.2 chooses for a file of `size` bytes (spec 4.3): 512 below 1,024,000 bytes,
 * else 512 for every 1,024,000 bytes, at most `maximum`. Any other would do: readers take it from the signature.
 */
export function blockLengthFor(size: number, maximum = STOCK_MAXIMUM): number {
  return size < 1_024_000 ? 512 : Math.min(Math.floor(size / 1_024_000) * 512, maximum);
}

/** Exact number of bytes of the signature of a file of `size` bytes, so that a tar header can precede it. */
export function signatureLength(size: number, blockLength: number, strongLength = DEFAULT_STRONG_LENGTH): number {
  return SIGNATURE_HEADER_LENGTH + Math.ceil(size / blockLength) * (WEAK_LENGTH + strongLength);
}
