import type { Payload } from "@doppel/base";
import type { Buffers } from "./buffers.ts";

/** One part of a payload; `bytes` is lent by the buffers, and the receiver gives it back. */
export interface Part {
  /** Counted from 1. */
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * The payload in pieces of `partBytes`, the last one shorter; each waits for its memory before more is read.
 * @throws RangeError when the payload yields other than its size; the payload's own error; the signal's reason
 */
export async function* cut(payload: Payload, partBytes: number, buffers: Buffers, signal?: AbortSignal): AsyncGenerator<Part> {
  let left = payload.size;
  let number = 0;
  let filled = 0;
  let bytes: Buffer | undefined;
  try {
    for await (const chunk of payload.open(signal)) {
      signal?.throwIfAborted();
      for (let at = 0; at < chunk.length; ) {
        if (left === 0) throw new RangeError(`payload of ${payload.size} bytes yielded more`);
        bytes ??= await buffers.take(Math.min(partBytes, left), signal);
        const piece = chunk.subarray(at, at + bytes.length - filled);
        bytes.set(piece, filled);
        filled += piece.length;
        at += piece.length;
        left -= piece.length;
        if (filled < bytes.length) continue;
        const part = { number: ++number, bytes };
        bytes = undefined;
        filled = 0;
        yield part;
      }
    }
    signal?.throwIfAborted();
    if (left > 0) throw new RangeError(`payload of ${payload.size} bytes yielded ${payload.size - left}`);
  } finally {
    if (bytes) buffers.give(bytes);
  }
}
