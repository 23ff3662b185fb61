import { closeSync, openSync, readSync } from "node:fs";

/** A file in chunks, all in the same memory: a chunk is good until the next is asked for. */
export function* chunksOf(file: string, size = 1 << 18): Generator<Uint8Array> {
  const fd = openSync(file, "r");
  try {
    const chunk = Buffer.allocUnsafeSlow(size);
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk)) yield chunk.subarray(0, length);
  } finally {
    closeSync(fd);
  }
}
