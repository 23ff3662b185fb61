import { parentPort, workerData } from "node:worker_threads";
import { loadDeflater } from "@doppel/deflate";
import { deflateSlot } from "../seal/deflate-slot.ts";
import type { CompressReply, CompressRequest, CompressWorkerInput } from "./compress-protocol.ts";
import { serialise } from "./errors.ts";

const port = parentPort;
if (!port) throw new Error("compress-worker runs as a worker thread");

const { capacity } = workerData as CompressWorkerInput;
const loading = loadDeflater(capacity);

// Messages keep their order: what waits for the same promise goes on in the order in which it began to wait.
port.on("message", (request: CompressRequest) => {
  loading
    .then((deflater) => port.postMessage(deflateSlot(deflater, request) satisfies CompressReply, [request.slot.buffer]))
    .catch((error: unknown) => port.postMessage(serialise(error) satisfies CompressReply));
});
