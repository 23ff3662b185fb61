import { prepareAlphabet } from "./alphabet";
import { startWriting, writtenTo } from "./bit-writer";
import { prepareFixedCodes } from "./block-writer";
import { prepareLog2 } from "./log2";
import { compress } from "./piece";
import { GRANULE } from "./randomness";
import { writeStored } from "./stored";

const PAGE: usize = 65_536;
/** A match is looked for with 8 bytes at a time, over the end of the input; there are zeros, so that it is the same each time. */
const BEYOND: usize = 320;
/** Words are written over the end of what is there. */
const MARGIN: usize = 16;

let input: usize = 0;
let output: usize = 0;

/** Once, before everything: makes room for pieces of `capacity` bytes. False: there is not that much memory. */
export function prepare(capacity: usize): bool {
  prepareAlphabet();
  prepareFixedCodes();
  prepareLog2();
  input = (__heap_base + PAGE - 1) & ~(PAGE - 1); // rows.ts, forgetPositions
  output = input + capacity + BEYOND;
  // At worst every granule is a stored block, with 5 bytes before it.
  const end = output + capacity + 8 * (capacity / GRANULE + 4) + MARGIN;
  return memory.grow(<i32>((end + PAGE - 1) / PAGE) - memory.size()) >= 0;
}

/** Where the bytes of a piece go. */
export function inputStart(): usize {
  return input;
}

/** Where what is made of it comes. */
export function outputStart(): usize {
  return output;
}

/** Compresses the first `length` bytes of the input; how many bytes that makes. */
export function deflate(length: usize, level: u32, last: bool): usize {
  const end = input + length;
  startWriting(output);
  if (level === 0 || length === 0) {
    writeStored(input, end, last);
  } else {
    memory.fill(end, 0, BEYOND);
    compress(input, end, level, last);
  }
  return writtenTo() - output;
}
