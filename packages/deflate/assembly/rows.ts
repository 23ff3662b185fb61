import { sameBytes, WINDOW } from "./window";

/**
 * Where six bytes came before. A hash of them chooses a row of 32 or 64 places (2^`log`), a ring of the latest positions
 * with that hash. Eight more bits of the hash are kept beside each position as its tag, so that two or four vector comparisons
 * leave of a row only what almost surely begins with the same bytes: a chain would load each candidate to find that out.
 *
 * Six bytes, because four have too many candidates in text and sources to look at: measured against five, 3 % less output
 * on sources and no less speed. Shorter matches are the business of nearest.ts.
 */
const BYTES: u32 = 6;
/** Twice as many places as the window has positions, for rows do not fill evenly. */
const PLACES_BITS: u32 = 16;
const PLACES: usize = 1 << PLACES_BITS;
/** Place of the latest in each row. */
const HEADS = memory.data(PLACES >> 5, 16);
const TAGS = memory.data(PLACES, 16);
/** Modulo 2^16: a stale one is a candidate like any other, or too far. */
const POSITIONS = memory.data(2 * PLACES, 16);

export function forgetRows(): void {
  memory.fill(HEADS, 0, PLACES >> 5);
  memory.fill(TAGS, 0, PLACES);
  forgetPositions(POSITIONS, 2 * PLACES);
}

/**
 * Fills a table of positions with one that is out of reach for the first half of 2^16 (the input begins at a multiple of that), and a
 * candidate like any other later: so that nobody has to ask whether a candidate is before the input.
 */
export function forgetPositions(table: usize, size: usize): void {
  const nowhere = i16x8.splat(<i16>(WINDOW - 1));
  for (let p = table; p < table + size; p += 16) v128.store(p, nowhere);
}

/** Eight bytes of the input, from which both the row and the tag follow. */
@inline
function hash(bytes: u64): u32 {
  return <u32>(((bytes << (64 - 8 * BYTES)) * 0x9e3779b185ebca87) >> 32);
}

@inline
function rowOf(hash: u32, log: u32): usize {
  return hash >> (32 - (PLACES_BITS - log));
}

@inline
function put(p: usize, hash: u32, log: u32): void {
  const row = rowOf(hash, log);
  const head = <usize>(load<u8>(HEADS + row) - 1) & ((1 << log) - 1);
  store<u8>(HEADS + row, <u8>head);
  const place = (row << log) + head;
  store<u8>(TAGS + place, <u8>hash);
  store<u16>(POSITIONS + 2 * place, <u16>p);
}

/** Remembers `p`, where these `bytes` are. */
@inline
export function putLong(p: usize, bytes: u64, log: u32): void {
  put(p, hash(bytes), log);
}

/** The places of a row that have the tag of `hash`, the latest one in the lowest bit. */
@inline
function candidates(row: usize, hash: u32, head: u32, log: u32): u64 {
  const tags = TAGS + (row << log);
  const tag = i8x16.splat(<i8>hash);
  let mask: u64 = i8x16.bitmask(i8x16.eq(v128.load(tags), tag));
  mask |= <u64>(i8x16.bitmask(i8x16.eq(v128.load(tags, 16), tag))) << 16;
  if (log === 5) return ((mask | (mask << 32)) >> head) & 0xffff_ffff;
  mask |= <u64>(i8x16.bitmask(i8x16.eq(v128.load(tags, 32), tag))) << 32;
  mask |= <u64>(i8x16.bitmask(i8x16.eq(v128.load(tags, 48), tag))) << 48;
  return rotr<u64>(mask, head);
}

/**
 * The longest match for `p`, where these `bytes` are, as `length << 16 | distance`, the nearest of them; 0 if there is none longer than
 * `best`. Remembers `p`. The length may go over the end of the input.
 * @param best at least 3
 * @param nice length to be content with
 * @param tries candidates looked at, at least 1
 * @param log a constant, so that the compiler makes a function for each size of rows
 */
@inline
export function findLong(p: usize, bytes: u64, best: u32, nice: u32, tries: u32, log: u32): u32 {
  const key = hash(bytes);
  const row = rowOf(key, log);
  const head: u32 = load<u8>(HEADS + row);
  let found: u32 = 0;
  let length = best;
  let left = tries;
  for (let mask = candidates(row, key, head, log); mask !== 0; mask &= mask - 1) {
    const place = (<u32>ctz(mask) + head) & ((1 << log) - 1);
    const distance = (<u32>p - load<u16>(POSITIONS + 2 * ((row << log) + place))) & 0xffff;
    if (distance - 1 >= WINDOW) break;
    const candidate = p - distance;
    // What is longer is the same at the end of what was found.
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
  put(p, key, log);
  return found;
}
