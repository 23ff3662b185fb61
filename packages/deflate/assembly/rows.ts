import { LONGEST, WINDOW } from "./alphabet";

const PLACES_BITS: u32 = 16;
const HEADS = memory.data(1 << (PLACES_BITS - 4), 16);
const TAGS = memory.data(1 << PLACES_BITS, 16);
const POSITIONS = memory.data(2 << PLACES_BITS, 16);
const FOUR_BITS: u32 = 13;
const FOURS = memory.data(2 << FOUR_BITS, 16);
const SHORT_BITS: u32 = 12;
const SHORTS = memory.data(2 << SHORT_BITS, 16);
const LONG: u32 = 6;

export function forgetRows(): void {
  memory.fill(HEADS, 0, 1 << (PLACES_BITS - 4));
  memory.fill(TAGS, 0, 1 << PLACES_BITS);
  nowhere(POSITIONS, 2 << PLACES_BITS);
  nowhere(FOURS, 2 << FOUR_BITS);
  nowhere(SHORTS, 2 << SHORT_BITS);
}

/** As the input begins at a multiple of 2^16, this is nowhere within reach of the first half of that, and somewhere for the rest. */
function nowhere(table: usize, size: usize): void {
  const entry = i16x8.splat(0x7fff);
  for (let p = table; p < table + size; p += 16) v128.store(p, entry);
}

@inline
function hashLong(bytes: u64): u32 {
  return <u32>(((bytes << (64 - 8 * LONG)) * 0x9e3779b185ebca87) >> 32);
}

@inline
function four(bytes: u64): usize {
  return FOURS + 2 * ((<u32>bytes * 0x9e3779b1) >> (32 - FOUR_BITS));
}

@inline
function short(bytes: u64): usize {
  return SHORTS + 2 * (((<u32>bytes << 8) * 0x9e3779b1) >> (32 - SHORT_BITS));
}

@inline
function put(p: usize, h: u32, log: u32): void {
  const row: usize = h >> (32 - (PLACES_BITS - log));
  const head: usize = (load<u8>(HEADS + row) - 1) & ((1 << log) - 1);
  store<u8>(HEADS + row, <u8>head);
  const place = (row << log) + head;
  store<u8>(TAGS + place, <u8>h);
  store<u16>(POSITIONS + 2 * place, <u16>p);
}

/** Remembers every position of [from, to). */
@inline
export function remember(from: usize, to: usize, log: u32): void {
  for (let p = from; p < to; p++) {
    const bytes = load<u64>(p);
    put(p, hashLong(bytes), log);
    store<u16>(four(bytes), <u16>p);
  }
}

@inline
export function find(p: usize, bytes: u64, best: u32, nice: u32, tries: u32, log: u32): u32 {
  const h = hashLong(bytes);
  const row: usize = h >> (32 - (PLACES_BITS - log));
  const tags = TAGS + (row << log);
  const wanted = i8x16.splat(<i8>h);
  const head: u32 = load<u8>(HEADS + row);
  let mask: u32 = i8x16.bitmask(i8x16.eq(v128.load(tags), wanted));
  if (log === 5) mask |= i8x16.bitmask(i8x16.eq(v128.load(tags, 16), wanted)) << 16;
  else mask |= mask << 16;
  mask = rotr<u32>(mask, head);
  if (log === 4) mask &= 0xffff;
  let found: u32 = 0;
  let length = best;
  for (let left = tries; mask !== 0; mask &= mask - 1) {
    const place = (ctz(mask) + head) & ((1 << log) - 1);
    const distance = (<u32>p - load<u16>(POSITIONS + 2 * ((row << log) + place))) & 0xffff;
    if (distance - 1 >= WINDOW) break;
    const candidate = p - distance;
    if (load<u32>(candidate + length - 3) === load<u32>(p + length - 3)) {
      const same = sameBytes(candidate, p);
      if (same > length) {
        length = same;
        found = (same << 16) | distance;
        if (same >= nice) break;
      }
    }
    if (--left === 0) break;
  }
  put(p, h, log);
  return found;
}

@inline
export function findFour(p: usize, bytes: u64, reach: u32): u32 {
  const place = four(bytes);
  const distance = (<u32>p - load<u16>(place)) & 0xffff;
  store<u16>(place, <u16>p);
  const same = <u32>(distance - 1 < reach) & <u32>(load<u32>(p - distance) === <u32>bytes);
  return select<u32>((4 << 16) | distance, 0, same);
}

@inline
export function findShort(p: usize, bytes: u64, reach: u32): u32 {
  const place = short(bytes);
  const distance = (<u32>p - load<u16>(place)) & 0xffff;
  store<u16>(place, <u16>p);
  const same = <u32>(distance - 1 < reach) & <u32>((load<u32>(p - distance) ^ <u32>bytes) << 8 === 0);
  return select<u32>((3 << 16) | distance, 0, same);
}

/** How many bytes are the same, at most LONGEST. */
@inline
export function sameBytes(a: usize, b: usize): u32 {
  let n: usize = 0;
  do {
    const difference = load<u64>(a + n) ^ load<u64>(b + n);
    if (difference !== 0) return min<u32>(<u32>n + (<u32>ctz(difference) >> 3), LONGEST);
    n += 8;
  } while (n < LONGEST);
  return LONGEST;
}

@inline
export function extend(p: usize, match: u32): u32 {
  const distance = match & 0xffff;
  return (sameBytes(p - distance, p) << 16) | distance;
}
