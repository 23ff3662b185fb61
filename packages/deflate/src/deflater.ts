import { constants, deflateRawSync } from "node:zlib";
import { concatBytes } from "@doppel/base";
import { runsOf } from "./runs.ts";
import { storedBlocks } from "./stored.ts";

/** How far back a DEFLATE stream can refer. */
const WINDOW = 32_768;

/**
 * Compresses pieces of DEFLATE streams (RFC 1951), one after the other, in memory that is allocated once. Pieces are
 * independent: each ends at a byte boundary, and nothing in it refers to what is before it, so any number of deflaters can
 * work at one stream, and inflating can begin at any piece.
 */
export interface Deflater {
  /** Where the plain bytes of the next piece go: `capacity` bytes, which are the caller's until it calls `deflate`. */
  readonly input: Uint8Array;
  /**
   * Compresses `input[0, length)`. What comes back is a view of the deflater's own memory, valid until the next call.
   * @param level 0 (stored) to 9; parts that nothing can be made of are stored at every level
   * @param last ends the stream (RFC 1951 3.2.3, BFINAL); otherwise the piece ends with an empty stored block
   */
  deflate(length: number, level: number, last: boolean): Uint8Array;
}

/** @param capacity bytes of the largest piece */
export async function loadDeflater(capacity: number): Promise<Deflater> {
  const input = new Uint8Array(capacity);
  return {
    input,
    deflate(length, level, last) {
      const piece = input.subarray(0, length);
      const runs = level === 0 ? [] : runsOf(piece);
      if (runs.length === 0) return storedBlocks(piece, last);
      const parts = runs.map(({ start, end, compress }, index) => {
        const ends = last && index === runs.length - 1;
        const bytes = piece.subarray(start, end);
        if (!compress) return storedBlocks(bytes, ends);
        const dictionary = index > 0 ? { dictionary: piece.subarray(Math.max(0, start - WINDOW), start) } : {};
        const finishFlush = ends ? constants.Z_FINISH : constants.Z_FULL_FLUSH;
        return deflateRawSync(bytes, { level, finishFlush, ...dictionary });
      });
      return concatBytes(parts);
    },
  };
}
