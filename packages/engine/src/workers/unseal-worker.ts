import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { type ByteStream, DoppelError, errnoOf, type Payload } from "@doppel/base";
import { sessionKeyOnly } from "@doppel/openpgp";
import { authenticate, unseal, type UnsealOptions } from "../read/unseal.ts";
import { serialise } from "./errors.ts";
import { copyShared } from "./copy-shared.ts";
import { CHUNK_BYTES, CHUNKS_AT_ONCE, type SealedFile, type UnsealReply, type UnsealRequest } from "./unseal-protocol.ts";

const port = parentPort;
if (!port) throw new Error("unseal-worker runs as a worker thread");
const post = (reply: UnsealReply): void => port.postMessage(reply);

/** Each step of unsealing has a buffer of this size: with 256 KiB a restore of volumes of 5 MB peaks 24 MiB higher, and is no faster. */
const READ_CHUNK = 1 << 17;

let credits = 0;
let wake = (): void => {};

port.on("message", (request: UnsealRequest) => {
  if (request.task === "more") {
    credits += CHUNKS_AT_ONCE;
    wake();
  } else {
    serve(request).catch((error: unknown) => post({ kind: "failed", error: serialise(error) }));
  }
});

async function serve(request: Exclude<UnsealRequest, { task: "more" }>): Promise<void> {
  const { file } = request;
  switch (request.task) {
    case "digest":
      return post({ kind: "digest", hex: digestOf(file, request.algorithm) });
    case "authenticate":
      await authenticate(payloadOf(file), optionsOf(file));
      break;
    case "unseal":
      await send(unseal(payloadOf(file), { ...optionsOf(file), lent: true }), request.slots);
  }
  post({ kind: "done" });
}

async function send(plain: ByteStream, slots: readonly Uint8Array[]): Promise<void> {
  credits = slots.length;
  let sent = 0;
  let filled = 0;
  const pass = (): void => {
    post({ kind: "chunk", length: filled });
    credits--;
    sent++;
    filled = 0;
  };
  for await (const chunk of plain) {
    for (let at = 0; at < chunk.length; ) {
      while (credits === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const bytes = chunk.subarray(at, at + CHUNK_BYTES - filled);
      copyShared(slots[sent % slots.length]!, filled, bytes);
      at += bytes.length;
      filled += bytes.length;
      if (filled === CHUNK_BYTES) pass();
    }
  }
  if (filled > 0) pass();
}

function optionsOf({ name, encoding, session }: SealedFile): UnsealOptions {
  return {
    name,
    encoding,
    ...(session ? { keys: sessionKeyOnly(session) } : {}),
    signal: new AbortController().signal, // whoever gives up ends this thread
    onWarning: (text) => post({ kind: "warning", text }),
  };
}

function digestOf({ fd, size, name }: SealedFile, algorithm: string): string {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_CHUNK, size));
  for (let at = 0; at < size; ) {
    const count = readAt(fd, buffer, at, name);
    hash.update(buffer.subarray(0, count));
    at += count;
  }
  return hash.digest("hex");
}

/** Read synchronously: this thread has nothing else to do. Of an encrypted file each chunk is valid until the next is asked for. */
function payloadOf({ fd, size, name, encoding }: SealedFile): Payload {
  return {
    size,
    async *open() {
      let buffer: Uint8Array | undefined;
      for (let at = 0; at < size; ) {
        if (!buffer || encoding !== "gpg") buffer = Buffer.allocUnsafeSlow(Math.min(READ_CHUNK, size - at));
        const count = readAt(fd, buffer, at, name);
        at += count;
        yield buffer.subarray(0, count);
      }
    },
  };
}

function readAt(fd: number, buffer: Uint8Array, at: number, name: string): number {
  let reason = "it became shorter while it was read";
  try {
    const count = readSync(fd, buffer, 0, buffer.length, at);
    if (count > 0) return count;
  } catch (error) {
    reason = errnoOf(error) ?? String(error);
  }
  const message = `cannot read ${name}: ${reason}; check the disk it is on and try again`;
  throw new DoppelError("storage.unavailable", message, { operation: `read ${name}` });
}
