import { Readable, type Transform } from "node:stream";
import type { ByteStream } from "@doppel/base";

/** What comes out of a zlib stream when `bytes` go in; both are released when the reader leaves early or either fails. */
export async function* through(bytes: ByteStream, transform: Transform): ByteStream {
  const input = Readable.from(bytes, { objectMode: false });
  input.on("error", (error) => transform.destroy(error));
  input.pipe(transform);
  try {
    for await (const chunk of transform) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    transform.destroy();
  }
}
