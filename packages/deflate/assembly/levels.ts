import { parseInBuckets, putInBuckets } from "./bucket-parse";
import { forgetBuckets } from "./buckets";
import { forgetLatest, parseFast, putLatest } from "./fast";
import { parseLazily } from "./lazy";
import { forgetNearest, putFour } from "./nearest";
import { isPoorInMatches } from "./reach";
import { forgetRows, putLong } from "./rows";

const FIRST_IN_BUCKETS: u32 = 2;
const FIRST_IN_ROWS: u32 = 7;
const FIRST_IN_ROWS_OF_64: u32 = 8;

/**
 * What each level does: of those in buckets, the number is lazy; of those in rows, the numbers are tries, nice, lazy. The table in README.md
 * says what comes of them.
 */
export function parse(level: u32, from: usize, limit: usize, end: usize): usize {
  switch (level) {
    case 1: return parseFast(from, limit, end);
    case 2: return parseInSixes(from, limit, end, 0);
    case 3: return parseInSixes(from, limit, end, 6);
    case 4: return isPoorInMatches() ? parseInSixes(from, limit, end, 6) : parseInTwoEights(from, limit, end, 6);
    case 5: return isPoorInMatches() ? parseInSixes(from, limit, end, 6) : parseInTwoEights(from, limit, end, 8);
    case 6: return isPoorInMatches() ? parseInSixes(from, limit, end, 6) : parseInFourEights(from, limit, end, 10);
    case 7: return parseInRowsOf32(from, limit, end, 32, 128, 64);
    case 8: return parseInRowsOf64(from, limit, end, 48, 192, 128);
    default: return parseInRowsOf64(from, limit, end, 64, 258, 258);
  }
}

function parseInSixes(from: usize, limit: usize, end: usize, lazy: u32): usize {
  return parseInBuckets(from, limit, end, lazy, 0);
}

function parseInTwoEights(from: usize, limit: usize, end: usize, lazy: u32): usize {
  return parseInBuckets(from, limit, end, lazy, 2);
}

function parseInFourEights(from: usize, limit: usize, end: usize, lazy: u32): usize {
  return parseInBuckets(from, limit, end, lazy, 4);
}

function parseInRowsOf32(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32): usize {
  return parseLazily(from, limit, end, tries, nice, lazy, 5);
}

function parseInRowsOf64(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32): usize {
  return parseLazily(from, limit, end, tries, nice, lazy, 6);
}

/** Forgets what was parsed before. */
export function forget(level: u32): void {
  if (level < FIRST_IN_BUCKETS) return forgetLatest();
  forgetNearest();
  if (level < FIRST_IN_ROWS) return forgetBuckets();
  forgetRows();
}

/** Remembers every position of [from, to), which was not parsed. */
export function remember(level: u32, from: usize, to: usize): void {
  for (let p = from; p < to; p++) {
    const bytes = load<u64>(p);
    if (level < FIRST_IN_BUCKETS) {
      putLatest(p, bytes);
      continue;
    }
    if (level < FIRST_IN_ROWS) {
      putInBuckets(p, bytes, 4);
      continue;
    }
    putFour(p, bytes);
    if (level < FIRST_IN_ROWS_OF_64) putLong(p, bytes, 5);
    else putLong(p, bytes, 6);
  }
}
