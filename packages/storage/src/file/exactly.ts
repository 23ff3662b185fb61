import type { ByteStream, Payload } from "@doppel/base";

/** The payload's bytes. @throws the payload's own error; RangeError when it is not of the size it said */
export async function* exactly(body: Payload, signal?: AbortSignal): ByteStream {
  let yielded = 0;
  for await (const chunk of body.open(signal)) {
    yielded += chunk.length;
    if (yielded > body.size) break;
    yield chunk;
  }
  if (yielded !== body.size)
    throw new RangeError(`payload of ${body.size} bytes yielded ${yielded > body.size ? "more" : yielded}`);
}
