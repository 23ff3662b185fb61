// Starts a worker from its TypeScript source: a worker thread does not inherit the loader of the main thread.
import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
await import(workerData.__entry);
