import { createInflate, createInflateRaw, type Inflate, type InflateRaw } from "node:zlib";
import type { ByteStream } from "@doppel/base";
import { Bzip2Decoder } from "../packets/bzip2.ts";
import { badMessage } from "../packets/fault.ts";
import { ByteReader } from "./byte-reader.ts";

/**
 * Each chunk is a trip to the thread pool, and garbage of its size. Measured on a volume of 210 MB: 0.9 s with 1 MiB, 1.0 s
 * with 256 KiB, 1.2 s with 64 KiB; but a restore peaked at 290 MB with 1 MiB, at 240 MB with this.
 */
const OUT_CHUNK = 512 * 1024;

/** Input is gathered for the same reason: our packets have parts of 64 KiB, gpg's of 8. */
const IN_CHUNK = 256 * 1024;

/**
 * The content of a compressed data packet (RFC 4880 5.6). What follows the compressed data within the packet is ignored:
 * sq pads its messages so. Chunks of the body are borrowed, and so may those of the content be. @throws DoppelError openpgp.bad-message (compression) when it is damaged or cut off.
 */
export async function* decompress(body: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(body);
  const algorithm = (await reader.peek(1))[0];
  if (algorithm === undefined) throw badMessage("truncated", "has an empty compressed packet");
  reader.skip(1);
  const rest = reader.rest();
  switch (algorithm) {
    case 0:
      return yield* rest;
    case 1:
      return yield* inflated(rest, createInflateRaw({ chunkSize: OUT_CHUNK }));
    case 2:
      return yield* inflated(rest, createInflate({ chunkSize: OUT_CHUNK }));
    case 3:
      return yield* bunzipped(rest);
    default:
      throw badMessage("unsupported", `is compressed with an unknown algorithm (${algorithm})`);
  }
}

async function* bunzipped(body: ByteStream): AsyncGenerator<Uint8Array> {
  const decoder = new Bzip2Decoder();
  for await (const chunk of body) yield* decoder.update(chunk.slice());
  yield* decoder.finish();
}

async function* inflated(body: ByteStream, engine: Inflate | InflateRaw): AsyncGenerator<Uint8Array> {
  const closed = new Promise<void>((resolve) => engine.once("close", resolve));
  let stopped = false;
  let failure: unknown;
  // Awaiting each write is the backpressure; an engine that failed never calls back.
  const write = (bytes: Uint8Array): Promise<void> =>
    Promise.race([new Promise<void>((resolve) => engine.write(bytes, () => resolve())), closed]);
  const feed = async (): Promise<void> => {
    const gathered = Buffer.allocUnsafeSlow(IN_CHUNK);
    let fill = 0;
    for await (const chunk of body) {
      // Once the compressed data is over the engine closes, and what follows is only read.
      for (let at = 0; at < chunk.length && !engine.destroyed; ) {
        const taken = chunk.subarray(at, at + IN_CHUNK - fill);
        gathered.set(taken, fill);
        at += taken.length;
        fill += taken.length;
        if (fill < IN_CHUNK) continue;
        await write(gathered);
        fill = 0;
      }
      if (stopped) return;
    }
    if (fill > 0 && !engine.destroyed) await write(gathered.subarray(0, fill));
    engine.end();
  };
  const feeding = feed().catch((error: unknown) => {
    failure = error;
    engine.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    for await (const chunk of engine) yield chunk as Uint8Array;
    await feeding;
    if (failure !== undefined) throw failure;
  } catch (error) {
    if (failure === undefined && isZlibError(error)) throw badMessage("compression", "does not decompress: it is damaged", error);
    throw failure ?? error;
  } finally {
    stopped = true;
    engine.destroy();
    await feeding;
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}
