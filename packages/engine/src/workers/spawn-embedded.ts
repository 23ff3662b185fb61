import { getAsset } from "node:sea";
import { type MessagePort, Worker } from "node:worker_threads";
import { LIMITS, type WorkerName } from "./names.ts";

/** `spawn.ts` inside the single executable, where there are no files: `scripts/build-exe.ts` puts this in its place. */
export function spawnWorker(name: WorkerName, data: object, transferList: MessagePort[] = []): Worker {
  return new Worker(getAsset(`${name}.js`, "utf8"), { eval: true, workerData: data, transferList, resourceLimits: LIMITS[name] });
}
