/** Worker threads are started by the name of their file: each is an entry point of the build. */
export type WorkerName = "compress-worker" | "source-worker" | "unseal-worker";
