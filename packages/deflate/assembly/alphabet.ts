/**
 * The two alphabets of a block and their extra bits (RFC 1951 3.2.5). All counts and tables about a block hold the symbols
 * of both, distances behind literals and lengths, so that they are added, compared and coded in one sweep.
 */
export const LITERALS: u32 = 288;
export const DISTANCES: u32 = 32;
export const SYMBOLS: u32 = LITERALS + DISTANCES;
export const END_OF_BLOCK: u32 = 256;

export const SHORTEST: u32 = 3;
export const LONGEST: u32 = 258;

/** Symbol of each length, as its index after 257. */
const LENGTH_SYMBOLS = memory.data(LONGEST + 1);

/** Symbols have extra bits in steps: two a step for distances, four for lengths; within a step, the next bits of the value tell. */
export function prepareAlphabet(): void {
  for (let length: u32 = SHORTEST; length < LONGEST; length++) {
    const value = length - SHORTEST;
    const step = value < 8 ? 0 : 29 - clz(value);
    store<u8>(LENGTH_SYMBOLS + length, <u8>(value < 8 ? value : 4 * step + (value >> step)));
  }
  store<u8>(LENGTH_SYMBOLS + LONGEST, 28);
}

/** 257 and up. */
@inline
export function lengthSymbol(length: u32): u32 {
  return 257 + load<u8>(LENGTH_SYMBOLS + length);
}

export function lengthExtraBits(symbol: u32): u32 {
  const index = symbol - 257;
  return index < 8 || index >= 28 ? 0 : (index >> 2) - 1;
}

/** The part of a length that its symbol does not tell. */
export function lengthExtra(length: u32): u32 {
  return (length - SHORTEST) & ((1 << lengthExtraBits(lengthSymbol(length))) - 1);
}

/** 0 and up, of a distance less 1. */
@inline
export function distanceSymbol(distance1: u32): u32 {
  // The two highest bits, and how many are below them.
  const below = 30 - clz(distance1 | 2);
  return distance1 < 2 ? distance1 : 2 * below + (distance1 >> below);
}

@inline
export function distanceExtraBits(symbol: u32): u32 {
  return symbol < 2 ? 0 : (symbol >> 1) - 1;
}
