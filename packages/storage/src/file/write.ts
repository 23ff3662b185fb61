import { rm } from "node:fs/promises";
import type { ByteStream, Payload } from "@doppel/base";
import type { Blocks } from "./blocks.ts";
import { NewFile } from "./new-file.ts";

/** Carries what a payload threw past the code that classifies this file system's errors: it may have read a file of its own. */
export class PayloadFailure extends Error {
  constructor(cause: unknown) {
    super("payload failed", { cause });
  }
}

/**
 * The payload as a new, durable file; mode by umask. When it fails nothing is left of the file.
 * @throws PayloadFailure around the payload's own error, or around a RangeError when it is not of the size it said
 */
export async function writePayload(path: Buffer, body: Payload, blocks: Blocks, signal?: AbortSignal): Promise<void> {
  const file = await NewFile.create(path, blocks);
  try {
    for await (const chunk of exactly(body, signal)) {
      signal?.throwIfAborted();
      await file.append(chunk);
    }
    await file.sync();
    await file.close();
    signal?.throwIfAborted();
  } catch (error) {
    await file.close().catch(() => undefined);
    await removeQuietly(path);
    throw error;
  }
}

/** Tidying up: it must not hide the failure that made it necessary, nor fail an object that is stored. */
export async function removeQuietly(path: Buffer): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

async function* exactly(body: Payload, signal: AbortSignal | undefined): ByteStream {
  try {
    let yielded = 0;
    for await (const chunk of body.open(signal)) {
      yielded += chunk.length;
      if (yielded > body.size) break;
      yield chunk;
    }
    if (yielded !== body.size)
      throw new RangeError(`payload of ${body.size} bytes yielded ${yielded > body.size ? "more" : yielded}`);
  } catch (error) {
    throw new PayloadFailure(error);
  }
}
