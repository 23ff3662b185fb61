import type { Deflater } from "@doppel/deflate";
import type { CompressedPiece, CompressRequest } from "../workers/compress-protocol.ts";

/** Compresses a piece in place: the deflater works in memory of its own. */
export function deflateSlot(deflater: Deflater, { slot, length, level, last }: CompressRequest): CompressedPiece {
  deflater.input.set(slot.subarray(0, length));
  const out = deflater.deflate(length, level, last);
  slot.set(out);
  return { slot, length: out.length };
}
