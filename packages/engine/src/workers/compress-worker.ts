import { parentPort, workerData } from "node:worker_threads";
import { loadDeflater } from "@doppel/deflate";
import { deflateSlot } from "../seal/deflate-slot.ts";
import type { Answer } from "./asked.ts";
import type { CompressedPiece, CompressRequest, CompressWorkerInput } from "./compress-protocol.ts";
import { serialise } from "./errors.ts";

const port = parentPort;
if (!port) throw new Error("compress-worker runs as a worker thread");

const answer = (given: Answer<CompressedPiece>, memory: ArrayBuffer[] = []): void => port.postMessage(given, memory);
const { capacity } = workerData as CompressWorkerInput;
const loading = loadDeflater(capacity);

// Messages keep their order: what waits for the same promise goes on in the order in which it began to wait.
port.on("message", (request: CompressRequest) => {
  loading
    .then((deflater) => answer({ value: deflateSlot(deflater, request) }, [request.slot.buffer]))
    .catch((error: unknown) => answer({ error: serialise(error) }));
});
