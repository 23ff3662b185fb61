import { forgetLatest, parseFast, putLatest } from "./fast";
import { parseLazily } from "./lazy";
import { forgetNearest, putFour } from "./nearest";
import { forgetRows, putLong } from "./rows";

/** What each level does: the numbers are tries, nice, lazy; the last is the size of rows. The table in README.md says what comes of them. */
export function parse(level: u32, from: usize, limit: usize, end: usize): usize {
  switch (level) {
    case 1: return parseFast(from, limit, end);
    case 2: return parseInRowsOf16(from, limit, end, 2, 16, 8);
    case 3: return parseInRowsOf16(from, limit, end, 4, 24, 10);
    case 4: return parseInRowsOf16(from, limit, end, 8, 32, 16);
    case 5: return parseInRowsOf16(from, limit, end, 12, 48, 24);
    case 6: return parseInRowsOf32(from, limit, end, 22, 64, 32);
    case 7: return parseInRowsOf32(from, limit, end, 32, 128, 64);
    case 8: return parseInRowsOf64(from, limit, end, 48, 192, 128);
    default: return parseInRowsOf64(from, limit, end, 64, 258, 258);
  }
}

function parseInRowsOf16(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32): usize {
  return parseLazily(from, limit, end, tries, nice, lazy, 4);
}

function parseInRowsOf32(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32): usize {
  return parseLazily(from, limit, end, tries, nice, lazy, 5);
}

function parseInRowsOf64(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32): usize {
  return parseLazily(from, limit, end, tries, nice, lazy, 6);
}

/** Forgets what was parsed before. */
export function forget(level: u32): void {
  if (level === 1) return forgetLatest();
  forgetRows();
  forgetNearest();
}

/** Remembers every position of [from, to), which was not parsed. */
export function remember(level: u32, from: usize, to: usize): void {
  for (let p = from; p < to; p++) {
    const bytes = load<u64>(p);
    if (level === 1) {
      putLatest(p, bytes);
      continue;
    }
    putFour(p, bytes);
    if (level < 6) putLong(p, bytes, 4);
    else if (level < 8) putLong(p, bytes, 5);
    else putLong(p, bytes, 6);
  }
}
