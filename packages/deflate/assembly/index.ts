import { prepareAlphabet, WINDOW } from "./alphabet";
import { alignToByte, startWriting, writtenTo } from "./bit-writer";
import { prepareFixedCodes } from "./block-writer";
import { endBlock, granuleParsed, startBlock } from "./blocks";
import { parse16, parse32, lazyMax, remember32 } from "./lazy";
import { forgetLatest, parseFast, rememberFast } from "./fast";
import { prepareLog2 } from "./log2";
import { forgetRandom, GRANULE, looksUniform, repeatsRandom } from "./randomness";
import { forgetRows } from "./rows";
import { writeStored } from "./stored";

const PAGE: usize = 65_536;
/** Vectors are read, and words written, over the end of what is there. */
const MARGIN: usize = 64;
const BEYOND: usize = 320;

let output: usize = 0;

/** Once, before everything: makes room for pieces of `capacity` bytes; where their bytes go. */
export function prepare(capacity: usize): usize {
  prepareAlphabet();
  prepareFixedCodes();
  prepareLog2();
  const input = (__heap_base + 65535) & ~65535;
  output = input + capacity + BEYOND;
  const blocks = capacity / GRANULE + 2;
  const end = output + capacity + 16 * blocks + MARGIN;
  memory.grow(<i32>((end + PAGE - 1) / PAGE) - memory.size());
  return input;
}

export function outputStart(): usize {
  return output;
}

/** Compresses; how many bytes. */
export function deflate(start: usize, length: usize, level: u32, last: bool): usize {
  startWriting(output);
  if (level === 0 || length === 0) writeStored(start, start + length, last);
  else compress(start, start + length, level, last);
  return writtenTo() - output;
}

export let tries: u32 = 16;
export let nice: u32 = 64;

function compress(start: usize, end: usize, level: u32, last: bool): void {
  memory.fill(end, 0, BEYOND);
  if (level === 1) forgetLatest();
  else forgetRows();
  forgetRandom();
  startBlock(start);
  let p = start;
  let stored = false;
  let storedFrom = start;
  for (let granule = start; granule < end; granule += GRANULE) {
    const next = min(granule + GRANULE, end);
    let random = stored;
    let repeats = false;
    if (next - granule === GRANULE) {
      random = looksUniform(granule);
      if (random && repeatsRandom(granule)) {
        random = false;
        repeats = true;
      }
    }
    if (random) {
      if (!stored) {
        endBlock(p, false);
        storedFrom = p;
        stored = true;
      }
      p = next;
      continue;
    }
    if (stored) {
      writeStored(storedFrom, p, false);
      startBlock(p);
      stored = false;
      if (repeats) remember32(max(storedFrom, max(p, start + WINDOW) - WINDOW), p);
    }
    p = level === 1 ? parseFast(p, next, end) : tries > 16 ? parse32(p, next, end, tries, nice, lazyMax) : parse16(p, next, end, tries, nice, lazyMax);
    granuleParsed(p);
  }
  if (stored) return writeStored(storedFrom, end, last);
  endBlock(end, last);
  if (last) alignToByte();
  else writeStored(end, end, false);
}
export { bias } from "./blocks";
export { lazyMax } from "./lazy";
