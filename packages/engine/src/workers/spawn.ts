import { type MessagePort, Worker } from "node:worker_threads";
import { LIMITS, type WorkerName } from "./names.ts";

/**
 * Starts one of our worker threads, in source form (tests, development) through a small bootstrap that registers the
 * TypeScript loader, and plainly once bundled. Nothing else starts a worker.
 */
export function spawnWorker(name: WorkerName, data: object, transferList: MessagePort[] = []): Worker {
  const fromSource = import.meta.url.endsWith(".ts");
  const entry = new URL(fromSource ? `./${name}.ts` : `./${name}.js`, import.meta.url);
  if (!fromSource) return new Worker(entry, { workerData: data, transferList, resourceLimits: LIMITS[name] });
  return new Worker(new URL("./bootstrap.mjs", import.meta.url), {
    workerData: { ...data, __entry: entry.href },
    transferList,
    execArgv: ["-C", "@doppel/source"],
    resourceLimits: LIMITS[name],
  });
}
