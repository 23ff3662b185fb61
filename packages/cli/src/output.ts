import { errnoOf } from "@doppel/base";
import type { Sink } from "./render/screen.ts";

/** A standard stream of the process. */
export interface Output {
  readonly write: Sink;
  readonly isTerminal: boolean;
  readonly columns: () => number;
  /** Whether it takes nothing any more (the reader has gone, the disk is full): a backup goes on without it, a listing has nobody to go on for. */
  readonly closed: () => boolean;
  /** Resolves when everything written so far has left, or never will. */
  readonly settled: () => Promise<void>;
}

export function outputOf(stream: NodeJS.WriteStream): Output {
  let closed = false;
  stream.on("error", (error: Error) => {
    closed = true;
    const reason = errnoOf(error);
    if (reason !== "EPIPE" && stream !== process.stderr)
      process.stderr.write(`doppel: cannot write to standard output (${reason})\n`);
  });
  return {
    write: (data) => {
      if (!closed) stream.write(data);
    },
    isTerminal: stream.isTTY === true,
    columns: () => (stream.columns > 0 ? stream.columns : 80),
    closed: () => closed,
    settled: () => new Promise((resolve) => (closed ? resolve() : stream.write("", () => setImmediate(resolve)))),
  };
}

const BATCH_BYTES = 1 << 16;

/** Fewer, larger writes, for long listings. Nothing is written after the last full batch before `flush`. */
export function batched(write: Sink): { readonly write: Sink; readonly flush: () => void } {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (bytes > 0) write(Buffer.concat(waiting));
    waiting = [];
    bytes = 0;
  };
  return {
    write: (data) => {
      const chunk = typeof data === "string" ? Buffer.from(data, "utf8") : data;
      waiting.push(chunk);
      bytes += chunk.length;
      if (bytes >= BATCH_BYTES) flush();
    },
    flush,
  };
}
