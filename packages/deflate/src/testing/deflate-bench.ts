/**
 * Ours against node:zlib on one core: `node -C @doppel/source --import tsx packages/deflate/src/testing/deflate-bench.ts FILE...`
 * prints for each file and level megabytes per CPU second and output in parts of the input, of up to 16 MiB spread over the file.
 * LEVELS=1,6 chooses levels, REPEATS=5 how often; the fastest counts, ours and zlib's by turns.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { type Deflater, loadOwnDeflater, zlibDeflater } from "../deflater.ts";

const PIECE = 1 << 20;
const PIECES = 16;
const REPEATS = Number(process.env["REPEATS"] ?? 3);
const LEVELS = (process.env["LEVELS"] ?? "1,2,3,4,5,6,7,8,9").split(",").map(Number);

const own = await loadOwnDeflater(PIECE);
if (own === undefined) throw new Error("this machine's WebAssembly has no vectors");
const zlib = zlibDeflater(PIECE);

console.log("| file | level | ours MB/s | zlib MB/s | speed | ours | zlib | size |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
for (const path of process.argv.slice(2)) {
  const pieces = piecesOf(path);
  const plain = pieces.reduce((sum, piece) => sum + piece.length, 0);
  for (const level of LEVELS) {
    const best = [Infinity, Infinity];
    const sizes = [0, 0];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const [which, deflater] of [own, zlib].entries()) {
        const before = process.cpuUsage();
        sizes[which] = sizeOf(deflater, pieces, level);
        const { user, system } = process.cpuUsage(before);
        best[which] = Math.min(best[which]!, user + system);
      }
    }
    const speeds = best.map((microseconds) => plain / microseconds);
    const parts = sizes.map((size) => (size / plain).toFixed(4));
    const speed = `${speeds[0]!.toFixed(0)} | ${speeds[1]!.toFixed(0)} | ${(speeds[0]! / speeds[1]!).toFixed(2)}`;
    console.log(`| ${basename(path)} | ${level} | ${speed} | ${parts.join(" | ")} | ${(sizes[0]! / sizes[1]!).toFixed(4)} |`);
  }
}

function sizeOf(deflater: Deflater, pieces: readonly Uint8Array[], level: number): number {
  let size = 0;
  for (const piece of pieces) {
    deflater.input.set(piece);
    size += deflater.deflate(piece.length, level, false).length;
  }
  return size;
}

function piecesOf(path: string): readonly Uint8Array[] {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const count = Math.max(1, Math.min(PIECES, Math.floor(size / PIECE)));
    return Array.from({ length: count }, (_, index) => {
      const piece = new Uint8Array(Math.min(PIECE, size));
      readSync(file, piece, 0, piece.length, Math.floor(((size - piece.length) * (index + 0.5)) / count));
      return piece;
    });
  } finally {
    closeSync(file);
  }
}
