/** Bytes in order. Whoever receives a chunk owns it; a producer never touches a chunk it has yielded. */
export type ByteStream = AsyncIterable<Uint8Array>;

/** Bytes that can be read again from the start, so that storing them can be retried. */
export interface Payload {
  /** Exact number of bytes that `open` yields. */
  readonly size: number;
  /** The bytes, from the start, each time it is called. @throws (while iterating) the signal's reason after an abort */
  open(signal?: AbortSignal): ByteStream;
}

/** A payload over bytes in memory. The caller does not change them afterwards. */
export function payloadOf(bytes: Uint8Array): Payload {
  return {
    size: bytes.length,
    async *open() {
      if (bytes.length > 0) yield bytes;
    },
  };
}

/** All chunks in one new array. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/**
 * The whole stream in memory.
 * @throws RangeError when it is longer than `limit` bytes: only small, bounded objects are collected.
 */
export async function collectBytes(stream: ByteStream, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > limit) throw new RangeError(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}
