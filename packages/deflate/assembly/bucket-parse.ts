import { distanceOf, findInBuckets, lengthOf, pushEight, pushSix } from "./buckets";
import { putFour } from "./nearest";
import { reaches } from "./reach";
import { addLiterals, addMatch } from "./sequences";

/** Parses as parseLazily does, with what findInBuckets finds. */
@inline
export function parseInBuckets(from: usize, limit: usize, end: usize, lazy: u32, eights: u32): usize {
  let p = from;
  let literals = from;
  while (p < limit) {
    let match = findInBuckets(p, load<u64>(p), eights);
    let length = lengthOf(match);
    if (!reaches(length, distanceOf(match))) {
      p++;
      continue;
    }
    let known = p + 1;
    while (length < lazy && p + 1 < end) {
      const next = findInBuckets(p + 1, load<u64>(p + 1), eights);
      known = p + 2;
      const longer = <i32>lengthOf(next) - <i32>length;
      const nearer = <i32>clz<u32>(distanceOf(next)) - <i32>clz<u32>(distanceOf(match));
      if (<i32>(4 * longer + nearer <= 0) | <i32>!reaches(lengthOf(next), distanceOf(next))) break;
      p++;
      match = next;
      length = lengthOf(match);
    }
    length = min<u32>(length, <u32>(end - p));
    if (length < 3) break;
    addMatch(literals, p, length, distanceOf(match));
    p += length;
    literals = p;
    for (let inside = known; inside < p; inside++) putInBuckets(inside, load<u64>(inside), eights);
  }
  // Short of the limit only when the input ends there.
  if (p < limit) p = end;
  p = min(p, end);
  addLiterals(literals, p);
  return p;
}

/** Remembers `p`, where these `bytes` are. */
@inline
export function putInBuckets(p: usize, bytes: u64, eights: u32): void {
  putFour(p, bytes);
  pushSix(p, bytes);
  if (eights > 0) pushEight(p, bytes);
}
