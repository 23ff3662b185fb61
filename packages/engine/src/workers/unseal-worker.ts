import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { ByteStream, Payload } from "@doppel/base";
import { sessionKeyOnly } from "@doppel/openpgp";
import { authenticate, unseal, type UnsealOptions } from "../read/unseal.ts";
import { serialise } from "./errors.ts";
import { CHUNKS_IN_FLIGHT, type SealedFile, type UnsealReply, type UnsealRequest } from "./unseal-protocol.ts";

const port = parentPort;
if (!port) throw new Error("unseal-worker runs as a worker thread");
const post = (reply: UnsealReply, transfer: ArrayBuffer[] = []): void => port.postMessage(reply, transfer);

/** Small, because what is read becomes garbage a few times over before the collector looks. */
const READ_CHUNK = 1 << 18;

let credits = 0;
let wake = (): void => {};

port.on("message", (request: UnsealRequest) => {
  if (request.task === "more") {
    credits++;
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
      await send(unseal(payloadOf(file), optionsOf(file)));
  }
  post({ kind: "done" });
}

async function send(plain: ByteStream): Promise<void> {
  credits = CHUNKS_IN_FLIGHT;
  for await (const chunk of plain) {
    while (credits === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    credits--;
    // A view may share its buffer with what its maker has yet to fill.
    const bytes = chunk.byteLength === chunk.buffer.byteLength ? (chunk as Uint8Array<ArrayBuffer>) : new Uint8Array(chunk);
    post({ kind: "chunk", bytes }, [bytes.buffer]);
  }
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

function digestOf({ fd, size }: SealedFile, algorithm: string): string {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_CHUNK, size));
  for (let at = 0; at < size; ) {
    const count = readAt(fd, buffer, at);
    hash.update(buffer.subarray(0, count));
    at += count;
  }
  return hash.digest("hex");
}

/** Read synchronously: this thread has nothing else to do. */
function payloadOf({ fd, size }: SealedFile): Payload {
  return {
    size,
    async *open() {
      for (let at = 0; at < size; ) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(READ_CHUNK, size - at));
        const count = readAt(fd, buffer, at);
        at += count;
        yield buffer.subarray(0, count);
      }
    },
  };
}

function readAt(fd: number, buffer: Uint8Array, at: number): number {
  const count = readSync(fd, buffer, 0, buffer.length, at);
  if (count === 0) throw new Error("a temporary file became shorter while it was in use");
  return count;
}
