import { existsSync, ftruncateSync, mkdirSync, openSync, closeSync, rmSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { randomPool, seeded } from "./corpus.ts";

const FILES_PER_FOLDER = 1000;
/** Islands of incompressible bytes in the huge file, and how far their beginnings are from each other. */
const ISLAND = 1 << 20;
const ISLAND_EVERY = 16 << 20;

/** `files` files of 0 to 400 bytes in folders of 1,000. Made once; marked complete at the end. */
export function makeManyFiles(folder: string, files: number, seed: number): void {
  makeOnce(folder, () => {
    const random = seeded(seed);
    const pool = randomPool(seed);
    for (let index = 0; index < files; index++) {
      const parent = join(folder, `d${Math.floor(index / FILES_PER_FOLDER)}`);
      if (index % FILES_PER_FOLDER === 0) mkdirSync(parent, { recursive: true });
      const at = Math.floor(random() * (pool.length - 400));
      writeFileSync(join(parent, `file-${index}`), pool.subarray(at, at + Math.floor(random() * 400)));
    }
  });
}

/** The middle one of those files. */
export function oneOfMany(files: number): string {
  const index = files >> 1;
  return `d${Math.floor(index / FILES_PER_FOLDER)}/file-${index}`;
}

/**
 * A folder with one file `huge` of so many bytes, sparse: 1 MiB of seeded random bytes in every 16 MiB, zeros for the rest;
 * and a file `small` behind it.
 */
export function makeHugeFile(folder: string, bytes: number, seed: number): void {
  makeOnce(folder, () => {
    const random = seeded(seed);
    const pool = randomPool(seed);
    const file = openSync(join(folder, "huge"), "w");
    ftruncateSync(file, bytes);
    for (let at = 0; at + ISLAND <= bytes; at += ISLAND_EVERY) {
      writeSync(file, pool, Math.floor(random() * (pool.length - ISLAND)), ISLAND, at);
    }
    closeSync(file);
    writeFileSync(join(folder, "small"), "one line\n");
    utimesSync(join(folder, "huge"), 1_600_000_000, 1_600_000_000);
  });
}

function makeOnce(folder: string, make: () => void): void {
  const mark = `${folder}.complete`;
  if (existsSync(mark) && existsSync(folder)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  make();
  writeFileSync(mark, "");
}
