import { getAsset } from "node:sea";
import { Worker } from "node:worker_threads";
import { LIMITS } from "./limits.ts";
import type { WorkerName } from "./spawn.ts";

/** `spawn.ts` inside the single executable, where there are no files: `scripts/build-exe.ts` puts this in its place. */
export function spawnWorker(name: WorkerName, data: object): Worker {
  return new Worker(getAsset(`${name}.js`, "utf8"), { eval: true, workerData: data, resourceLimits: LIMITS });
}
