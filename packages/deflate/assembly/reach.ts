import { DISTANCES, LITERALS } from "./alphabet";
import { LOG2_BITS, log2 } from "./log2";
import { WINDOW } from "./window";

/**
 * How far a short match may be to be worth more than its bytes as literals. Where few literals are in use they are cheap, and a match of four
 * at 20,000 costs more than they do; so the reach of each length follows from what the symbols of the block so far cost.
 */
const LIMITED: u32 = 8;
/** The last stands for all that are not limited; for those that are no matches it is 0. */
const REACH = memory.data(4 * (LIMITED + 1));
/** Bits a match must save: it stands in the way of a better one a byte later. Measured: with 0, output of text is 2.7 % more; other kinds differ by less than 0.5 %. */
const MUST_SAVE: i32 = 3;
/** So many occurrences that costs mean something. */
const ENOUGH: u32 = 64;
const UNKNOWN_REACH_OF_THREE: u32 = 4096;
/** Literals there must be for each match so that there is little to find. */
const MOSTLY_LITERALS: u32 = 3;

let poor: bool = false;

/** Whether what came before had few matches, so that looking for more of them would be in vain. */
export function isPoorInMatches(): bool {
  return poor;
}

export function forgetReach(): void {
  poor = false;
  for (let length: u32 = 3; length <= LIMITED; length++) store<u32>(REACH + 4 * length, WINDOW);
  store<u32>(REACH + 4 * 3, UNKNOWN_REACH_OF_THREE);
}

/** @param length 3 to 7; longer ones always reach */
@inline
export function reachOf(length: u32): u32 {
  return load<u32>(REACH + 4 * length);
}

@inline
export function isWorthwhile(match: u32): bool {
  const length = match >> 16;
  return length >= LIMITED || (match & 0xffff) <= reachOf(length);
}

/** The same without a branch, for lengths and distances that may be none. */
@inline
export function reaches(length: u32, distance: u32): bool {
  return distance - 1 < load<u32>(REACH + 4 * min<u32>(length, LIMITED));
}

/** @param counts of symbols in what came before */
export function adaptReach(counts: usize): void {
  const literals = sumOf(counts, 256);
  const matches = sumOf(counts + 4 * LITERALS, DISTANCES);
  if (literals < ENOUGH || matches < ENOUGH) return forgetReach();
  poor = literals > MOSTLY_LITERALS * matches;
  const all = <i32>log2(literals + matches);
  const literal = all - averageLog2(counts, 256, literals);
  const distance = <i32>log2(matches) - averageLog2(counts + 4 * LITERALS, DISTANCES, matches);
  for (let length: u32 = 3; length < LIMITED; length++) {
    const symbol = all - <i32>log2(load<u32>(counts + 4 * (254 + length)) + 1);
    // A distance of n extra bits is at most 2^(n + 2).
    const extra = (<i32>length * literal - symbol - distance) >> LOG2_BITS;
    const bits = min(max(extra + 2 - MUST_SAVE, 0), 15);
    store<u32>(REACH + 4 * length, 1 << bits);
  }
}

function sumOf(counts: usize, size: u32): u32 {
  let sum: u32 = 0;
  for (let symbol: u32 = 0; symbol < size; symbol++) sum += load<u32>(counts + 4 * symbol);
  return sum;
}

/** Of the counts, each as often as it says. */
function averageLog2(counts: usize, size: u32, total: u32): i32 {
  let sum: u64 = 0;
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const n = load<u32>(counts + 4 * symbol);
    sum += <u64>n * log2(n);
  }
  return <i32>(sum / total);
}
