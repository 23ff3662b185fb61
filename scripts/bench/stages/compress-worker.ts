/** Run by compress.ts: takes one piece after another until there are none. */
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { loadDeflater } from "@doppel/deflate";
import { type CompressTask, GO, NEXT, PIECE } from "./compress.ts";

const { pieces, level, control } = workerData as CompressTask;
const cells = new Int32Array(control);
const deflater = await loadDeflater(PIECE);
parentPort?.postMessage(0);
Atomics.wait(cells, GO, 0);

let made = 0;
for (let index = Atomics.add(cells, NEXT, 1); index < pieces.length; index = Atomics.add(cells, NEXT, 1)) {
  const { fd, at, length, last } = pieces[index]!;
  readSync(fd, deflater.input, 0, length, at);
  made += deflater.deflate(length, level, last).length;
}
parentPort?.postMessage(made);
