import type { ResourceLimits } from "node:worker_threads";

/** Worker threads are started by the name of their file: each is an entry point of the build. */
export type WorkerName = "compress-worker" | "hash-worker" | "source-worker" | "unseal-worker" | "write-worker";

/**
 * What the short-lived objects of a thread may take; without, up to 48 MB each. They work in memory that they have from the
 * beginning, and more room costs memory and saves no time (measured for the source worker with 803,241 files: 81 MB and
 * 27 CPU seconds; without this limit 107 and 28). Restores of volumes of 5 MB peak 10 MiB lower with 4 than with 12.
 */
export const LIMITS: Readonly<Record<WorkerName, ResourceLimits>> = {
  "compress-worker": { maxYoungGenerationSizeMb: 4 },
  "hash-worker": { maxYoungGenerationSizeMb: 4 },
  "source-worker": { maxYoungGenerationSizeMb: 8 },
  "unseal-worker": { maxYoungGenerationSizeMb: 4 },
  "write-worker": { maxYoungGenerationSizeMb: 6 },
};
