import { MessageChannel } from "node:worker_threads";
import type { FedSource } from "../feed/fed-source.ts";
import { Feed } from "../feed/feed.ts";
import { Refused } from "../source/cut-file.ts";
import { revive } from "./errors.ts";
import { Mailbox } from "./mailbox.ts";
import { CREDITS, FED, type SourceBatch, type SourceMessage, type SourceWorkerInput, STOP } from "./protocol.ts";
import { spawnWorker } from "./spawn.ts";

/** Batches that may be on their way at once: enough that neither side waits for the other, with one more that is filled 6.6 MiB. */
const BATCHES_IN_FLIGHT = 4;

/**
 * The source worker's output as a stream. Taking the next batch allows the worker one more, and gives it the memory of the last.
 * @param entries instead of what is on the disk. @throws what they throw
 */
export async function* sourceBatches(
  input: Omit<SourceWorkerInput, "mode" | "control" | "feed">,
  signal: AbortSignal,
  entries?: FedSource,
): AsyncGenerator<SourceBatch> {
  for await (const message of messages({ ...input, mode: "read" }, signal, entries)) if (message.kind === "batch") yield message;
}

/** How much there is to back up, more exact each time; for progress only, so its failures are silent. */
export function countTotals(
  input: Omit<SourceWorkerInput, "mode" | "control">,
  onTotals: (totals: { files: number; bytes: number; done: boolean }) => void,
): { stop(): Promise<void> } {
  const controller = new AbortController();
  const run = (async () => {
    for await (const message of messages({ ...input, mode: "count" }, controller.signal)) {
      if (message.kind === "totals") onTotals(message);
    }
  })().catch(() => {});
  return {
    async stop() {
      controller.abort();
      await run;
    },
  };
}

async function* messages(
  input: Omit<SourceWorkerInput, "control" | "feed">,
  signal: AbortSignal,
  entries?: FedSource,
): AsyncGenerator<SourceMessage> {
  signal.throwIfAborted();
  const control = new SharedArrayBuffer(12);
  const cells = new Int32Array(control);
  Atomics.store(cells, CREDITS, BATCHES_IN_FLIGHT);
  const ports = entries && new MessageChannel();
  const feed = ports && { feed: ports.port2 };
  const worker = spawnWorker("source-worker", { ...input, ...feed, control }, feed ? [feed.feed] : []);
  const mailbox = new Mailbox<SourceMessage>(worker, "source worker");
  const failed = new AbortController();
  await using _ = entries && ports && new Feed(entries, ports.port1, control, (error) => failed.abort(error));
  const ending = entries ? AbortSignal.any([signal, failed.signal]) : signal;
  try {
    for (;;) {
      const message = await mailbox.next(ending);
      if (message.kind === "end") return;
      if (message.kind === "refused") throw new Refused(message.reason);
      if (message.kind === "failed") throw revive(message.error);
      yield message;
      if (message.kind === "batch") {
        const memory = message.tar.buffer as ArrayBuffer;
        worker.postMessage(memory, [memory]);
        Atomics.add(cells, CREDITS, 1);
        Atomics.notify(cells, CREDITS);
      }
    }
  } finally {
    Atomics.store(cells, STOP, 1);
    Atomics.add(cells, CREDITS, 1);
    Atomics.notify(cells, CREDITS);
    Atomics.add(cells, FED, 1);
    Atomics.notify(cells, FED);
    await worker.terminate();
  }
}
