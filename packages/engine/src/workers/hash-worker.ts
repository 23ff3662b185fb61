import { parentPort } from "node:worker_threads";
import { Hashes } from "../seal/hashes.ts";
import type { Answer } from "./asked.ts";
import { serialise } from "./errors.ts";
import type { HashRequest, HashValue } from "./hash-protocol.ts";

const port = parentPort;
if (!port) throw new Error("hash-worker runs as a worker thread");
const objects = new Map<number, Hashes>();

port.on("message", (request: HashRequest) => {
  const memory = request.task === "update" ? [request.filled.memory.buffer] : [];
  let answer: Answer<HashValue>;
  try {
    answer = { value: carryOut(request) };
  } catch (error) {
    answer = { error: serialise(error) };
  }
  port.postMessage(answer, memory);
});

function carryOut(request: HashRequest): HashValue {
  const hashes = objects.get(request.object) ?? new Hashes();
  if (request.task === "update") {
    objects.set(request.object, hashes);
    hashes.update(request.filled);
    return request.filled;
  }
  objects.delete(request.object);
  return request.task === "sums" ? hashes.sums() : undefined;
}
