import { LONGEST } from "./alphabet";

/** How far back a match may be (RFC 1951 2). */
export const WINDOW: u32 = 32_768;

/** How many bytes are the same from `a` and from `b` on, at most LONGEST. */
@inline
export function sameBytes(a: usize, b: usize): u32 {
  let n: u32 = 0;
  do {
    const difference = load<u64>(a + n) ^ load<u64>(b + n);
    if (difference !== 0) return min<u32>(n + (<u32>ctz(difference) >> 3), LONGEST);
    n += 8;
  } while (n < LONGEST);
  return LONGEST;
}

/** What one vector tells at most. */
export const AT_ONCE: u32 = 16;

/** How many bytes are the same from `a` on and in `here`, at most AT_ONCE. */
@inline
export function sameAtOnce(a: usize, here: v128): u32 {
  return <u32>ctz(~i8x16.bitmask(i8x16.eq(v128.load(a), here)));
}
