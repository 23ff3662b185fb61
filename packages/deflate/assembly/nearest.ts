import { forgetPositions } from "./rows";
import { sameBytes } from "./window";

/**
 * The latest positions of four and of three bytes, one for each hash. Matches that short are worth something when they
 * are near, so there is no use in knowing more than the nearest. Neither function branches: whether text has such a match is as good as a coin,
 * and a branch that is guessed wrong costs as much as all the rest.
 */
/** Measured with 13, 14, 15: programs' output 1.0132, 1.0100, 1.0083 of zlib's; 15 is a little slower. */
const FOUR_BITS: u32 = 14;
const FOURS = memory.data(2 << FOUR_BITS, 16);
const THREE_BITS: u32 = 12;
const THREES = memory.data(2 << THREE_BITS, 16);

export function forgetNearest(): void {
  forgetPositions(FOURS, 2 << FOUR_BITS);
  forgetPositions(THREES, 2 << THREE_BITS);
}

@inline
function placeOfFour(bytes: u64): usize {
  return FOURS + 2 * ((<u32>bytes * 0x9e3779b1) >> (32 - FOUR_BITS));
}

@inline
function placeOfThree(bytes: u64): usize {
  return THREES + 2 * (((<u32>bytes << 8) * 0x9e3779b1) >> (32 - THREE_BITS));
}

/** Remembers `p`, where these `bytes` are, for matches of four. */
@inline
export function putFour(p: usize, bytes: u64): void {
  store<u16>(placeOfFour(bytes), <u16>p);
}

/** What `putFour` remembered last of these `bytes`: the position of the same four, if it is near enough, modulo 2^16. Remembers `p`. */
@inline
export function latestFour(p: usize, bytes: u64): u32 {
  const place = placeOfFour(bytes);
  const before = <u32>load<u16>(place);
  store<u16>(place, <u16>p);
  return before;
}

/** A match of four bytes for `p`, where these `bytes` are, as `length << 16 | distance`, or 0. Remembers `p`. */
@inline
export function findFour(p: usize, bytes: u64, reach: u32): u32 {
  const distance = (<u32>p - latestFour(p, bytes)) & 0xffff;
  const same = <u32>(distance - 1 < reach) & <u32>(load<u32>(p - distance) === <u32>bytes);
  return select<u32>((4 << 16) | distance, 0, same);
}

/** The same for three bytes. */
@inline
export function findThree(p: usize, bytes: u64, reach: u32): u32 {
  const place = placeOfThree(bytes);
  const distance = (<u32>p - load<u16>(place)) & 0xffff;
  store<u16>(place, <u16>p);
  const same = <u32>(distance - 1 < reach) & <u32>((load<u32>(p - distance) ^ <u32>bytes) << 8 === 0);
  return select<u32>((3 << 16) | distance, 0, same);
}

/** A match at its full length. */
@inline
export function extend(p: usize, match: u32): u32 {
  const distance = match & 0xffff;
  return (sameBytes(p - distance, p) << 16) | distance;
}
