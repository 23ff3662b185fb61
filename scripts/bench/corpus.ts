import { createHash } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A tree for measuring, the same bytes for the same parameters. */
export interface CorpusOptions {
  readonly files: number;
  readonly bytes: number;
  readonly seed: number;
}

const POOL = 16 << 20;

/** Seconds: the modification time of an edited file is this and the number of its last round of edits. */
export const EDIT_TIMES_BEGIN = 1_700_000_000;

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes the tree unless it is there; the folder is only marked complete at the end. */
export function makeCorpus(folder: string, options: CorpusOptions): void {
  const mark = `${folder}.complete`;
  const wanted = JSON.stringify(options);
  if (existsSync(mark) && existsSync(folder)) return;
  rmSync(folder, { recursive: true, force: true });
  const random = seeded(options.seed);
  const pools = [textPool(random), sourcePool(random), binaryPool(random), randomPool(options.seed)];
  // Bytes by kind: about half text and sources, a third already compressed, the rest programs.
  const kinds = [0, 0, 0, 1, 1, 2, 2, 3, 3, 3];
  const sizes = fileSizes(options, random);
  for (const [index, size] of sizes.entries()) {
    const folderOf = join(folder, `d${index % 40}`, `s${(index * 7) % 25}`);
    mkdirSync(folderOf, { recursive: true });
    const pool = pools[kinds[Math.floor(random() * kinds.length)]!]!;
    const path = join(folderOf, `file-${index}`);
    writeSlices(path, pool, size, random);
    utimesSync(path, 1_600_000_000, 1_600_000_000 + index);
  }
  writeFileSync(mark, wanted);
}

/** Log-normal, as real trees are, scaled to the wanted total. */
function fileSizes({ files, bytes }: CorpusOptions, random: () => number): number[] {
  const raw = Array.from({ length: files }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.exp(8 + 1.8 * normal);
  });
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((size) => Math.round((size * bytes) / total));
}

function writeSlices(path: string, pool: Buffer, size: number, random: () => number): void {
  const file = openSync(path, "w");
  for (let left = size; left > 0; ) {
    const at = Math.floor(random() * (pool.length - 65536));
    const part = Math.min(left, 4096 + Math.floor(random() * 61440));
    writeSync(file, pool, at, part);
    left -= part;
  }
  closeSync(file);
}

function textPool(random: () => number): Buffer {
  const letters = "etaoinshrdlucmfwypvbgkqjxz";
  const words = Array.from({ length: 6000 }, () => {
    const length = 2 + Math.floor(random() * 9);
    return Array.from({ length }, () => letters[Math.floor(random() ** 2 * letters.length)]).join("");
  });
  return fill((out) => {
    const word = words[Math.floor(random() ** 3 * words.length)]!;
    return out.write(random() < 0.07 ? `${word}.\n` : `${word} `, "latin1");
  });
}

function sourcePool(random: () => number): Buffer {
  const names = Array.from(
    { length: 800 },
    (_, i) => `${["get", "set", "make", "read", "write"][i % 5]}${(i * 2654435761).toString(36)}`,
  );
  const pick = (): string => names[Math.floor(random() ** 2 * names.length)]!;
  return fill((out) => {
    const indent = "  ".repeat(Math.floor(random() * 5));
    return out.write(`${indent}const ${pick()} = ${pick()}(${pick()}, ${Math.floor(random() * 1000)});\n`, "latin1");
  });
}

function binaryPool(random: () => number): Buffer {
  return fill((out) => {
    const kind = random();
    if (kind < 0.2) return out.fill(0, 0, Math.min(out.length, 64)).length && Math.min(out.length, 64);
    out.writeUInt32LE(Math.floor(random() ** 4 * 2 ** 32), 0);
    out.writeUInt32LE(0x8b48 + (Math.floor(random() * 64) << 16), 4);
    return 8;
  });
}

/** 16 MiB that nothing can be made of. */
export function randomPool(seed: number): Buffer {
  let block = 0;
  return fill((out) => createHash("sha512").update(`${seed}:${block++}`).digest().copy(out));
}

function fill(next: (out: Buffer) => number): Buffer {
  const pool = Buffer.alloc(POOL + 256);
  for (let at = 0; at < POOL; ) at += next(pool.subarray(at, at + 256));
  return pool.subarray(0, POOL);
}

/** One file of incompressible bytes. */
export function makeBigFile(path: string, bytes: number, seed: number): void {
  if (existsSync(path) && statSync(path).size === bytes) return;
  const pool = randomPool(seed);
  const random = seeded(seed);
  writeSlices(path, pool, bytes, random);
}

/** Overwrites a few bytes in `count` places, different ones for each round, with a time of its own. */
export function editScattered(path: string, count: number, round: number): void {
  const random = seeded(1000 + round);
  const { size } = statSync(path);
  const file = openSync(path, "r+");
  for (let i = 0; i < count; i++)
    writeSync(file, Buffer.from(`edit ${round} ${i}`), 0, undefined, Math.floor(random() * (size - 64)));
  closeSync(file);
  utimesSync(path, EDIT_TIMES_BEGIN, EDIT_TIMES_BEGIN + round);
}
