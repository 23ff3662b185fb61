import { parentPort, workerData } from "node:worker_threads";
import { type FileOutcome, FileWriter, OwnerNames } from "@doppel/tree";
import type { WriteBatch, WriteOrder, WriteReply, WriteWorkerInput } from "./write-protocol.ts";

const port = parentPort;
if (!port) throw new Error("write-worker runs as a worker thread");

const writer = new FileWriter({ ...(workerData as WriteWorkerInput), owners: OwnerNames.system() });

port.on("message", ({ slot, orders }: WriteBatch) => {
  const outcomes: FileOutcome[] = [];
  for (const order of orders) {
    const outcome = carryOut(order, slot);
    if (outcome) outcomes.push(plain(outcome));
  }
  port.postMessage({ outcomes } satisfies WriteReply);
});

function carryOut(order: WriteOrder, slot: Uint8Array): FileOutcome | undefined {
  switch (order.kind) {
    case "begin":
      return writer.begin(order.place, order.entry);
    case "write":
      return writer.write(slot.subarray(order.from, order.to));
    case "end":
      return writer.end();
    case "abort":
      return writer.abort();
  }
}

/** Without what cannot be cloned. */
function plain(outcome: FileOutcome): FileOutcome {
  return outcome.failure ? { ...outcome, failure: { errno: outcome.failure.errno } } : outcome;
}
