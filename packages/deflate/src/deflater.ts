import { constants, deflateRawSync } from "node:zlib";
import { instantiate } from "./wasm.ts";

/**
 * Compresses pieces of DEFLATE streams (RFC 1951), one after the other, in memory that is allocated once. Pieces are
 * independent: each ends at a byte boundary, and nothing in it refers to what is before it, so any number of deflaters can
 * work at one stream, and inflating can begin at any piece. The same piece is the same bytes whatever came before it.
 */
export interface Deflater {
  /** Where the plain bytes of the next piece go: `capacity` bytes, which are the caller's until it calls `deflate`. */
  readonly input: Uint8Array;
  /**
   * Compresses `input[0, length)`; `input` is undefined then. What comes back is a view of the deflater's own memory, valid until
   * the next call.
   * @param level 0 (stored) to 9; parts that nothing can be made of are stored at every level
   * @param last ends the stream (RFC 1951 3.2.3, BFINAL); otherwise the piece ends with a stored block
   * @throws RangeError for a length or level that is none
   */
  deflate(length: number, level: number, last: boolean): Uint8Array;
}

/**
 * A deflater with memory of its own, about twice the capacity and some tables, which goes when nobody holds it any more.
 * @param capacity bytes of the largest piece
 * @throws RangeError when there is no memory for it
 */
export async function loadDeflater(capacity: number): Promise<Deflater> {
  return (await loadOwnDeflater(capacity)) ?? zlibDeflater(capacity);
}

/** Ours, several times faster than zlib at what it does; undefined where WebAssembly has no vectors. */
export async function loadOwnDeflater(capacity: number): Promise<Deflater | undefined> {
  const encoder = await instantiate();
  if (encoder === undefined) return undefined;
  if (encoder.prepare(capacity) === 0) throw new RangeError(`no memory for compressing pieces of ${capacity} bytes`);
  const memory = new Uint8Array(encoder.memory.buffer);
  const output = encoder.outputStart();
  return {
    input: memory.subarray(encoder.inputStart(), encoder.inputStart() + capacity),
    deflate(length, level, last) {
      requireSound(length, level, capacity);
      return memory.subarray(output, output + encoder.deflate(length, level, last ? 1 : 0));
    },
  };
}

/** Node's, for machines without vectors; it finds by itself what to store. */
export function zlibDeflater(capacity: number): Deflater {
  const input = new Uint8Array(capacity);
  return {
    input,
    deflate(length, level, last) {
      requireSound(length, level, capacity);
      return deflateRawSync(input.subarray(0, length), {
        level,
        finishFlush: last ? constants.Z_FINISH : constants.Z_FULL_FLUSH,
      });
    },
  };
}

/** The encoder takes any length for granted, and memory behind the input is its own. */
function requireSound(length: number, level: number, capacity: number): void {
  if (!Number.isInteger(length) || length < 0 || length > capacity)
    throw new RangeError(`a piece of ${length} bytes, where ${capacity} are the most`);
  if (!Number.isInteger(level) || level < 0 || level > 9) throw new RangeError(`compression level ${level}: they go from 0 to 9`);
}
