import { once } from "node:events";
import { closeSync, openSync, statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { volumesIn } from "./volumes.ts";

/** Bytes of one piece, as the pipeline cuts them. */
export const PIECE = 1 << 20;

interface Piece {
  readonly fd: number;
  readonly at: number;
  readonly length: number;
  /** The last of its volume. */
  readonly last: boolean;
}

export interface CompressTask {
  readonly pieces: readonly Piece[];
  readonly level: number;
  /** Int32 cells: the next piece to be taken, and 1 when all may begin. */
  readonly control: SharedArrayBuffer;
}

export const NEXT = 0;
export const GO = 1;

const WORKER = new URL("./compress-worker.ts", import.meta.url).href;
/** A worker thread does not inherit the loader of TypeScript. */
const BOOTSTRAP = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(WORKER)}); });`;

/**
 * Compresses volumes of plain tar in pieces, on threads that take the next piece whenever they are done with one. Everything
 * is loaded before the clock starts, and what is made is thrown away. Resolves to bytes read, bytes made, and seconds.
 */
export async function compress(folder: string, level: number, threads: number) {
  const files = volumesIn(folder).map((path) => ({ fd: openSync(path, "r"), size: statSync(path).size }));
  const control = new SharedArrayBuffer(8);
  const task: CompressTask = { pieces: files.flatMap(piecesOf), level, control };
  const options = { eval: true, workerData: task, execArgv: ["-C", "@doppel/source"] };
  const workers = Array.from({ length: threads }, () => new Worker(BOOTSTRAP, options));
  await Promise.all(workers.map((worker) => once(worker, "message"))); // each is ready
  const done = workers.map((worker) => once(worker, "message"));
  const cells = new Int32Array(control);
  const began = performance.now();
  Atomics.store(cells, GO, 1);
  Atomics.notify(cells, GO);
  const made = (await Promise.all(done)).map(([bytes]) => bytes as number);
  const seconds = (performance.now() - began) / 1000;
  for (const { fd } of files) closeSync(fd);
  return { bytes: files.reduce((sum, { size }) => sum + size, 0), made: made.reduce((a, b) => a + b, 0), seconds };
}

function piecesOf({ fd, size }: { readonly fd: number; readonly size: number }): readonly Piece[] {
  return Array.from({ length: Math.ceil(size / PIECE) }, (_, index) => {
    const at = index * PIECE;
    return { fd, at, length: Math.min(PIECE, size - at), last: at + PIECE >= size };
  });
}
