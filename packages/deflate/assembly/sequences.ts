import { distanceSymbol, lengthSymbol, LITERALS, SYMBOLS } from "./alphabet";

/**
 * What a block will say, before its codes are known: sequences of a run of literals (which stay where they are in the
 * input) and the match after it. 64 bits each: literals in the high half, then the length of the match (9 bits), the symbol of its distance
 * (5), its distance less 1 (15). Length 0: literals alone.
 */
export const SEQUENCES = memory.data(8 * 32_768, 16);
export const MOST_SEQUENCES: u32 = 32_768;

/** How often each symbol comes in what was added since the counts were last taken over: 32 bits each. */
export const FRESH = memory.data(4 * SYMBOLS, 16);

/** Where the next sequence goes. */
let end: usize = SEQUENCES;

export function sequencesEnd(): usize {
  return end;
}

/** Moves what is behind `from` to the front. */
export function dropSequences(from: usize): void {
  memory.copy(SEQUENCES, from, end - from);
  end -= from - SEQUENCES;
}

@inline
export function literalsOf(sequence: u64): u32 {
  return <u32>(sequence >> 32);
}

@inline
export function lengthOf(sequence: u64): u32 {
  return (<u32>sequence >> 20) & 511;
}

@inline
export function distanceSymbolOf(sequence: u64): u32 {
  return (<u32>sequence >> 15) & 31;
}

/** Less 1. */
@inline
export function distanceOf(sequence: u64): u32 {
  return <u32>sequence & 32_767;
}

/** The literals of [from, to), then a match. */
@inline
export function addMatch(from: usize, to: usize, length: u32, distance: u32): void {
  countLiterals(from, to);
  const symbol = distanceSymbol(distance - 1);
  count(FRESH, lengthSymbol(length));
  count(FRESH + 4 * LITERALS, symbol);
  store<u64>(end, ((<u64>(to - from)) << 32) | <u64>((length << 20) | (symbol << 15) | (distance - 1)));
  end += 8;
}

/** The literals of [from, to) alone. */
export function addLiterals(from: usize, to: usize): void {
  if (from === to) return;
  countLiterals(from, to);
  store<u64>(end, (<u64>(to - from)) << 32);
  end += 8;
}

@inline
function countLiterals(from: usize, to: usize): void {
  for (let p = from; p < to; p++) count(FRESH, load<u8>(p));
}

@inline
function count(counts: usize, symbol: u32): void {
  const counter = counts + 4 * <usize>symbol;
  store<u32>(counter, load<u32>(counter) + 1);
}
