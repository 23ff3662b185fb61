import { constants, deflateRaw } from "node:zlib";
import { concatBytes } from "@doppel/base";
import { type Run, runsOf } from "./runs.ts";
import { storedBlocks } from "./stored.ts";

/** How far back a DEFLATE stream can refer. */
const WINDOW = 32_768;

/**
 * Compresses one piece of a DEFLATE stream on libuv's thread pool. Pieces are independent of each other and end at a byte
 * boundary, so any number of them can be made at once and joined in order; the last one ends the stream (RFC 1951 3.2.4).
 * Parts of it that nothing can be made of are stored: compressing them takes as long as text, for nothing.
 * Takes ownership of `piece`.
 */
export async function deflatePiece(piece: Uint8Array, level: number, last: boolean): Promise<Uint8Array> {
  if (level === 0) return storedBlocks(piece, last);
  const runs = runsOf(piece);
  if (runs.length === 0) return storedBlocks(piece, last);
  const parts: Uint8Array[] = [];
  for (const [index, run] of runs.entries()) {
    const ends = last && index === runs.length - 1;
    const bytes = piece.subarray(run.start, run.end);
    parts.push(run.compress ? await deflate(bytes, windowBefore(piece, runs, index), level, ends) : storedBlocks(bytes, ends));
  }
  return parts.length === 1 ? parts[0]! : concatBytes(parts);
}

/** What a run may refer to: the end of what is before it in the piece, unless that is all random. */
function windowBefore(piece: Uint8Array, runs: readonly Run[], index: number): Uint8Array | undefined {
  const before = runs[index - 1];
  if (before === undefined || before.end - before.start >= WINDOW) return undefined;
  return piece.subarray(Math.max(0, before.end - WINDOW), before.end);
}

function deflate(bytes: Uint8Array, dictionary: Uint8Array | undefined, level: number, last: boolean): Promise<Uint8Array> {
  const options = {
    level,
    finishFlush: last ? constants.Z_FINISH : constants.Z_FULL_FLUSH,
    // One round trip to the pool: room for what does not compress (zlib's bound is 5 bytes for each 16 KiB).
    chunkSize: Math.max(1024, bytes.length + (bytes.length >>> 10) + 64),
    ...(dictionary && { dictionary }),
  };
  return new Promise((resolve, reject) => {
    deflateRaw(bytes, options, (error, out) => {
      if (error) reject(error);
      // zlib hands out a view of its whole output buffer; kept in a spool it would cost three times its length.
      else resolve(out.length < bytes.length >>> 1 ? new Uint8Array(out) : out);
    });
  });
}
