import { LONGEST } from "./alphabet";
import { find, findShort, remember } from "./rows";
import { addLiterals, addMatch } from "./sequences";

/**
 * Parses from `from` until at least `limit`, where the next call goes on; the last match may go beyond, not over `end`. A match is taken unless
 * the next byte has a better one.
 */
export function parseLazily(from: usize, limit: usize, start: usize, end: usize, tries: u32, nice: u32): usize {
  let p = from;
  let literals = from;
  while (p < limit) {
    let most = min<u32>(end - p, LONGEST);
    if (most < 4) {
      p = end;
      break;
    }
    let match = find(p, start, 3, most, min(nice, most), tries);
    const short = findShort(p, start);
    if (match === 0) match = short;
    if (match === 0) {
      p++;
      continue;
    }
    let length = match >> 16;
    let known = p + 1;
    while (length < nice) {
      most = min<u32>(end - p - 1, LONGEST);
      if (most <= length || most < 4) break;
      const next = find(p + 1, start, max<u32>(3, length - 1), most, min(nice, most), tries >> 1);
      known = p + 2;
      const longer = <i32>(next >> 16) - <i32>length;
      const nearer = <i32>clz(next & 0xffff) - <i32>clz(match & 0xffff);
      if (next === 0 || 4 * longer + nearer <= 2) break;
      p++;
      match = next;
      length = match >> 16;
    }
    addMatch(literals, p, length, match & 0xffff);
    p += length;
    literals = p;
    remember(known, p);
  }
  addLiterals(literals, p);
  return p;
}
