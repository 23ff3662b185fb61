import { LONGEST, WINDOW } from "./alphabet";

/**
 * Where four bytes came before. A hash of them chooses a row of 32 places, a ring of the latest positions with that hash; eight
 * more bits of it are kept beside each as its tag, so that two vector comparisons leave of a row only what almost surely begins
 * with the same four bytes. Positions are kept modulo 2^16: a stale one is a candidate like any other, or too far.
 */
const ROW_BITS: u32 = 11;
const ROW: u32 = 32;
const HEADS = memory.data(1 << ROW_BITS, 16);
const TAGS = memory.data(ROW << ROW_BITS, 16);
const POSITIONS = memory.data(2 * (ROW << ROW_BITS), 16);

const SHORT_BITS: u32 = 12;
const SHORTS = memory.data(2 << SHORT_BITS, 16);
const SHORT_REACH: u32 = 4096;

export function forgetRows(): void {
  memory.fill(HEADS, 0, 1 << ROW_BITS);
  memory.fill(TAGS, 0, ROW << ROW_BITS);
  memory.fill(POSITIONS, 0, 2 * (ROW << ROW_BITS));
  memory.fill(SHORTS, 0, 2 << SHORT_BITS);
}

@inline
function hash(bytes: u32): u32 {
  return bytes * 0x9e3779b1;
}

@inline
function put(p: usize, h: u32): void {
  const row: usize = h >> (32 - ROW_BITS);
  const head: usize = (load<u8>(HEADS + row) - 1) & (ROW - 1);
  store<u8>(HEADS + row, <u8>head);
  const place = row * ROW + head;
  store<u8>(TAGS + place, <u8>(h >> (24 - ROW_BITS)));
  store<u16>(POSITIONS + 2 * place, <u16>p);
}

@inline
function putShort(p: usize, bytes: u32): void {
  store<u16>(SHORTS + 2 * (hash(bytes << 8) >> (32 - SHORT_BITS)), <u16>p);
}

/** Remembers every position of [from, to). */
export function remember(from: usize, to: usize): void {
  for (let p = from; p < to; p++) {
    const bytes = load<u32>(p);
    put(p, hash(bytes));
  }
}

/**
 * The longest match at `p` that is longer than `best`, as `length << 16 | distance`; 0 if there is none. Remembers `p`.
 * @param best at least 3
 * @param most bytes there are, at least 4
 * @param tries candidates looked at
 * @param nice length to be content with, at most `most`
 */
@inline
export function find(p: usize, start: usize, best: u32, most: u32, nice: u32, tries: u32): u32 {
  const bytes = load<u32>(p);
  const h = hash(bytes);
  const row: usize = h >> (32 - ROW_BITS);
  const tags = TAGS + row * ROW;
  const wanted = i8x16.splat(<i8>(h >> (24 - ROW_BITS)));
  const head: u32 = load<u8>(HEADS + row);
  const low = i8x16.bitmask(i8x16.eq(v128.load(tags), wanted));
  const high = i8x16.bitmask(i8x16.eq(v128.load(tags, 16), wanted));
  let found: u32 = 0;
  let length = best;
  let left = tries;
  for (let places = rotr<u32>(low | (high << 16), head); places !== 0 && left !== 0; places &= places - 1) {
    const place = (ctz(places) + head) & (ROW - 1);
    const distance = (<u32>p - load<u16>(POSITIONS + 2 * (row * ROW + place))) & 0xffff;
    const candidate = p - distance;
    if (distance - 1 >= WINDOW || candidate < start) break;
    left--;
    if (load<u32>(candidate + length - 3) !== load<u32>(p + length - 3)) continue;
    const same = min<u32>(sameBytes(candidate, p), most);
    if (same <= length) continue;
    length = same;
    found = (same << 16) | distance;
    if (same >= nice) break;
  }
  put(p, h);
  return found;
}

/** A match of three bytes at `p`, near enough to be worth more than three literals, or 0. Remembers `p`. */
@inline
export function findShort(p: usize, start: usize): u32 {
  const bytes = load<u32>(p) << 8;
  const place = SHORTS + 2 * (hash(bytes) >> (32 - SHORT_BITS));
  const distance = (<u32>p - load<u16>(place)) & 0xffff;
  store<u16>(place, <u16>p);
  const candidate = p - distance;
  if (distance - 1 >= SHORT_REACH || candidate < start || load<u32>(candidate) << 8 !== bytes) return 0;
  return (3 << 16) | distance;
}

/** How many bytes are the same, at most about LONGEST. */
@inline
export function sameBytes(a: usize, b: usize): u32 {
  let n: usize = 0;
  do {
    const difference = load<u64>(a + n) ^ load<u64>(b + n);
    if (difference !== 0) return <u32>n + (<u32>ctz(difference) >> 3);
    n += 8;
  } while (n < LONGEST);
  return LONGEST;
}
