import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { ByteStream } from "@doppel/base";
import type { ByteRange, OpenObject } from "../storage.ts";

const CHUNK = 256 * 1024;

/**
 * A regular file's bytes in fresh chunks of up to 256 KiB.
 * @throws the system's error; one with code ENOENT when the path is not a regular file; EIO when it shrinks meanwhile
 */
export async function* readRange(path: Buffer, range?: ByteRange, signal?: AbortSignal): ByteStream {
  signal?.throwIfAborted();
  await using file = await openFile(path);
  yield* file.read(range, signal);
}

/** A regular file. */
export class OpenFile implements OpenObject {
  readonly #handle: FileHandle;
  readonly size: number;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  get fd(): number {
    return this.#handle.fd;
  }

  open(signal?: AbortSignal): ByteStream {
    return this.read(undefined, signal);
  }

  async *read(range?: ByteRange, signal?: AbortSignal): ByteStream {
    const end = Math.min(range?.end ?? this.size, this.size);
    for (let at = range?.start ?? 0; at < end; ) {
      signal?.throwIfAborted();
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, end - at));
      const { bytesRead } = await this.#handle.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw systemError("EIO", "it became shorter while it was read");
      at += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

/** @throws as {@link readRange} */
export async function openFile(path: Buffer): Promise<OpenFile> {
  // Without O_NONBLOCK a fifo in the target directory would block for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw systemError("ENOENT", "not a regular file");
    return new OpenFile(handle, stats.size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function systemError(code: string, reason: string): Error {
  return Object.assign(new Error(reason), { code, syscall: "read" });
}
