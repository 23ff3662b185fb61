import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { countSource } from "../source/count.ts";
import { readSource } from "../source/read.ts";
import { serialise } from "./errors.ts";
import type { SourceMessage, SourceWorkerInput } from "./protocol.ts";

const port = parentPort;
if (!port) throw new Error("source-worker runs as a worker thread");
/** Without an event loop: this thread hardly ever comes to it. */
const takeBack = (): ArrayBuffer | undefined => receiveMessageOnPort(port)?.message as ArrayBuffer | undefined;
const post = (message: SourceMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

void work(workerData as SourceWorkerInput);

/** Not awaited at the top: the single executable is made of CommonJS. */
async function work(input: SourceWorkerInput): Promise<void> {
  try {
    if (input.mode === "count") countSource(input, post);
    else await readSource(input, { post, takeBack });
    post({ kind: "end" });
  } catch (error) {
    post({ kind: "failed", error: serialise(error) });
  }
}
