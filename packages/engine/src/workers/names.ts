import type { ResourceLimits } from "node:worker_threads";

/** Worker threads are started by the name of their file: each is an entry point of the build. */
export type WorkerName = "compress-worker" | "source-worker" | "unseal-worker";

/** A compressing thread works in memory that it has from the beginning: what little garbage it makes need not pile up to 48 MB. */
export const LIMITS: Partial<Record<WorkerName, ResourceLimits>> = {
  "compress-worker": { maxYoungGenerationSizeMb: 4 },
};
