import { DISTANCES, LITERALS } from "./alphabet";
import { putBits } from "./bit-writer";
import { codeLengths, codesOf } from "./code-lengths";

/** How a block describes its two codes: their lengths in a third code, with runs (RFC 1951 3.2.7). */
const LENGTH_SYMBOLS: u32 = 19;
const REPEAT: u32 = 16;
const ZEROS: u32 = 17;
const MANY_ZEROS: u32 = 18;

/** What is said, as `extra << 8 | symbol`, 16 bits each. */
const SAID = memory.data(2 * 320);
const COUNTS = memory.data(4 * LENGTH_SYMBOLS);
const LENGTHS = memory.data(LENGTH_SYMBOLS);
const CODES = memory.data(4 * LENGTH_SYMBOLS);
/** The order in which lengths of the third code are written, so that those at the end are mostly 0. */
const ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);
/** Of both codes, without gap. */
const JOINED = memory.data(LITERALS + DISTANCES);

let said: u32 = 0;
let literals: u32 = 0;
let distances: u32 = 0;
let ordered: u32 = 0;

/** @param lengths of literals and lengths, and of distances behind them */
export function describeCodes(lengths: usize): void {
  literals = 286;
  while (literals > 257 && load<u8>(lengths + literals - 1) === 0) literals--;
  distances = 30;
  while (distances > 1 && load<u8>(lengths + LITERALS + distances - 1) === 0) distances--;
  memory.copy(JOINED, lengths, literals);
  memory.copy(JOINED + literals, lengths + LITERALS, distances);
  memory.fill(COUNTS, 0, 4 * LENGTH_SYMBOLS);
  said = 0;
  for (let i: u32 = 0; i < literals + distances; ) i += sayRun(i, runLength(i));
  codeLengths(COUNTS, LENGTH_SYMBOLS, 7, LENGTHS);
  ordered = LENGTH_SYMBOLS;
  while (ordered > 4 && load<u8>(LENGTHS + load<u8>(ORDER + ordered - 1)) === 0) ordered--;
}

function runLength(from: u32): u32 {
  const value = load<u8>(JOINED + from);
  let to = from + 1;
  while (to < literals + distances && load<u8>(JOINED + to) === value) to++;
  return to - from;
}

/** Says some of a run; how much. */
function sayRun(from: u32, run: u32): u32 {
  const value = <u32>load<u8>(JOINED + from);
  if (value === 0 && run >= 11) {
    const zeros = min<u32>(run, 138);
    say(MANY_ZEROS, zeros - 11);
    return zeros;
  }
  if (value === 0 && run >= 3) {
    say(ZEROS, run - 3);
    return run;
  }
  say(value, 0);
  let done: u32 = 1;
  while (value !== 0 && run - done >= 3) {
    const repeated = min<u32>(run - done, 6);
    say(REPEAT, repeated - 3);
    done += repeated;
  }
  return done;
}

function say(symbol: u32, extra: u32): void {
  store<u16>(SAID + 2 * said++, <u16>((extra << 8) | symbol));
  store<u32>(COUNTS + 4 * symbol, load<u32>(COUNTS + 4 * symbol) + 1);
}

function extraBits(symbol: u32): u32 {
  return symbol < REPEAT ? 0 : symbol === REPEAT ? 2 : symbol === ZEROS ? 3 : 7;
}

export function descriptionBits(): u32 {
  let sum = 14 + 3 * ordered;
  for (let symbol: u32 = 0; symbol < LENGTH_SYMBOLS; symbol++) {
    sum += load<u32>(COUNTS + 4 * symbol) * (load<u8>(LENGTHS + symbol) + extraBits(symbol));
  }
  return sum;
}

export function writeDescription(): void {
  codesOf(LENGTHS, LENGTH_SYMBOLS, CODES);
  putBits(literals - 257, 5);
  putBits(distances - 1, 5);
  putBits(ordered - 4, 4);
  for (let i: u32 = 0; i < ordered; i++) putBits(load<u8>(LENGTHS + load<u8>(ORDER + i)), 3);
  for (let i: u32 = 0; i < said; i++) {
    const each = <u32>load<u16>(SAID + 2 * i);
    const symbol = each & 0xff;
    const code = load<u32>(CODES + 4 * symbol);
    putBits(code & 0xffff, code >> 16);
    putBits(each >> 8, extraBits(symbol));
  }
}
