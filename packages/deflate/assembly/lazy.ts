import { extend, findFour, findThree, putFour } from "./nearest";
import { isWorthwhile, reachOf } from "./reach";
import { findLong, putLong } from "./rows";
import { addLiterals, addMatch } from "./sequences";

/** Where matches of three bytes reach no further than this, they are not looked for. */
const THREES_REACH: u32 = 64;

/**
 * Parses from `from` until at least `limit`, the last match going beyond if it does; where it ended, at most `end`. A match is taken unless the next
 * byte has a better one: four times its length, less the bits of its distance, is a fair measure of what a match is worth.
 * @param lazy length from which on a match is taken without asking the next byte
 */
@inline
export function parseLazily(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32, log: u32): usize {
  const reach3 = reachOf(3);
  const reach4 = reachOf(4);
  let p = from;
  let literals = from;
  while (p < limit) {
    let bytes = load<u64>(p);
    let match = findLong(p, bytes, 5, nice, tries, log);
    let short = findFour(p, bytes, reach4);
    if (reach3 > THREES_REACH) short = select(short, findThree(p, bytes, reach3), short);
    if (match === 0 && short !== 0) match = extend(p, short);
    if (match === 0 || !isWorthwhile(match)) {
      p++;
      continue;
    }
    let length = match >> 16;
    let known = p + 1;
    while (length < lazy && p + 1 < end) {
      bytes = load<u64>(p + 1);
      // One byte less than now can be better, if it is much nearer.
      let next = findLong(p + 1, bytes, max<u32>(5, length - 1), nice, (tries + 1) >> 1, log);
      short = findFour(p + 1, bytes, reach4);
      if (next === 0 && length <= 5 && short !== 0) next = extend(p + 1, short);
      known = p + 2;
      const longer = <i32>(next >> 16) - <i32>length;
      const nearer = <i32>clz(next & 0xffff) - <i32>clz(match & 0xffff);
      if (next === 0 || 4 * longer + nearer <= 0) break;
      p++;
      match = next;
      length = match >> 16;
    }
    length = min<u32>(length, <u32>(end - p));
    if (length < 3) break;
    addMatch(literals, p, length, match & 0xffff);
    p += length;
    literals = p;
    for (let inside = known; inside < p; inside++) {
      bytes = load<u64>(inside);
      putLong(inside, bytes, log);
      putFour(inside, bytes);
    }
  }
  // Short of the limit only when the input ends there.
  if (p < limit) p = end;
  p = min(p, end);
  addLiterals(literals, p);
  return p;
}
