import { latestFour } from "./nearest";
import { forgetPositions } from "./rows";
import { AT_ONCE, sameAtOnce, sameBytes, WINDOW } from "./window";

/**
 * Where six and where eight bytes came before: for each hash the two and the four latest positions, side by side in one word, the latest in
 * its low bits; remembering another one is a shift. All candidates of a position are compared without a branch, 16 bytes of each at once,
 * which costs less than guessing wrong which of them is worth a look (a byte of text takes 9.7 ns with three of them, 13 ns with six, 15 ns
 * in rows.ts). Rows look at more candidates, and only at those that agree in their tags: that pays when many are wanted.
 */
const BITS: u32 = 14;
const SIXES = memory.data(4 << BITS, 16);
const EIGHTS = memory.data(8 << BITS, 16);

export function forgetBuckets(): void {
  forgetPositions(SIXES, 4 << BITS);
  forgetPositions(EIGHTS, 8 << BITS);
}

/** Remembers `p`, where these `bytes` are; what its bucket had. */
@inline
export function pushSix(p: usize, bytes: u64): u32 {
  const place = SIXES + 4 * <usize>(((bytes << 16) * 0x9e3779b185ebca87) >> (64 - BITS));
  const before = load<u32>(place);
  store<u32>(place, (before << 16) | (<u32>p & 0xffff));
  return before;
}

/** The same for eight bytes. */
@inline
export function pushEight(p: usize, bytes: u64): u64 {
  const place = EIGHTS + 8 * <usize>((bytes * 0x9e3779b185ebca87) >> (64 - BITS));
  const before = load<u64>(place);
  store<u64>(place, (before << 16) | (<u64>p & 0xffff));
  return before;
}

/**
 * A match as one number, `length << 16 - distance`: of two, the larger is the longer, or the nearer of two that are as long. Not above 0:
 * no match.
 */
type Match = i32;

@inline
export function lengthOf(match: Match): u32 {
  return <u32>(match + 0xffff) >> 16;
}

@inline
export function distanceOf(match: Match): u32 {
  return <u32>-match & 0xffff;
}

/**
 * The longest match for `p`, where these `bytes` are; its length may be less than 3, or go over the end of the input. Remembers `p`.
 * @param eights how many of the candidates with the same eight bytes are looked at: 0, 2 or 4; 0 does not remember eight bytes either
 */
@inline
export function findInBuckets(p: usize, bytes: u64, eights: u32): Match {
  const four = latestFour(p, bytes);
  const six = pushSix(p, bytes);
  const here = v128.load(p);
  let best = max<i32>(0, compare(p, here, four));
  best = max<i32>(best, compare(p, here, six));
  if (eights === 0) {
    best = max<i32>(best, compare(p, here, six >> 16));
    return isAllTheSame(best) ? longer(p, six >> 16, longer(p, six, longer(p, four, best))) : best;
  }
  const eight = pushEight(p, bytes);
  best = max<i32>(best, compare(p, here, <u32>eight));
  best = max<i32>(best, compare(p, here, <u32>(eight >> 16)));
  if (eights > 2) {
    best = max<i32>(best, compare(p, here, <u32>(eight >> 32)));
    best = max<i32>(best, compare(p, here, <u32>(eight >> 48)));
  }
  return isAllTheSame(best) ? longestOf(p, longer(p, six, longer(p, four, best)), eight, eights) : best;
}

/** At most AT_ONCE bytes of the match with a position of a bucket; one that is out of reach has none. */
@inline
function compare(p: usize, here: v128, position: u32): Match {
  const distance = (<u32>p - position) & 0xffff;
  return select<i32>(<i32>((sameAtOnce(p - distance, here) << 16) - distance), 0, distance - 1 < WINDOW);
}

@inline
function isAllTheSame(match: Match): bool {
  return lengthOf(match) === AT_ONCE;
}

function longestOf(p: usize, match: Match, eight: u64, eights: u32): Match {
  let best = longer(p, <u32>(eight >> 16), longer(p, <u32>eight, match));
  if (eights > 2) best = longer(p, <u32>(eight >> 48), longer(p, <u32>(eight >> 32), best));
  return best;
}

/** The better one of `best`, which has AT_ONCE bytes or more, and the whole match with another position. */
@inline
function longer(p: usize, position: u32, best: Match): Match {
  const distance = (<u32>p - position) & 0xffff;
  const known = lengthOf(best);
  // What is as long is the same at the end of what was found.
  if (distance - 1 >= WINDOW || load<u64>(p - distance + known - 8) !== load<u64>(p + known - 8)) return best;
  return max<i32>(best, <i32>((sameBytes(p - distance, p) << 16) - distance));
}
