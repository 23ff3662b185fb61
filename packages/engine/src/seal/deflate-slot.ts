import type { Deflater } from "@doppel/deflate";
import type { CompressRequest } from "../workers/compress-protocol.ts";

/** Compresses a piece in place: the deflater works in memory of its own. @returns the compressed length */
export function deflateSlot(deflater: Deflater, { slot, length, level, last }: CompressRequest): number {
  deflater.input.set(slot.subarray(0, length));
  const out = deflater.deflate(length, level, last);
  slot.set(out);
  return out.length;
}
