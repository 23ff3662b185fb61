import { constants, deflateRaw } from "node:zlib";

/**
 * Compresses one piece of a DEFLATE stream on libuv's thread pool. Pieces are independent of each other and end at a byte
 * boundary with a full flush, so any number of them can be made at once and joined in order; the last one ends the stream
 * (RFC 1951 3.2.4). Takes ownership of `piece`.
 */
export function deflatePiece(piece: Uint8Array, level: number, last: boolean): Promise<Uint8Array> {
  const options = {
    level,
    finishFlush: last ? constants.Z_FINISH : constants.Z_FULL_FLUSH,
    // One round trip to the pool: room for a piece that does not compress (zlib's bound is 5 bytes for each 16 KiB).
    chunkSize: Math.max(1024, piece.length + (piece.length >>> 10) + 64),
  };
  return new Promise((resolve, reject) => {
    deflateRaw(piece, options, (error, out) => {
      if (error) reject(error);
      // zlib hands out a view of its whole output buffer; kept in a spool it would cost three times its length.
      else resolve(out.length < piece.length >>> 1 ? new Uint8Array(out) : out);
    });
  });
}
