import { mayHave, type WeakFilter } from "./block-index.ts";
import type { RollingWindow } from "./rolling-window.ts";

/** Added to every byte, so that runs of zeros of different lengths have different sums. */
const OFFSET = 31;

/**
 * librsync's rolling sum of `bytes[start..end)` (spec 4.3) as a signed 32-bit integer: s2 in the upper half, s1 in the
 * lower. Both are kept modulo 2^32, of which the format's 2^16 is a divisor, and cut at the end.
 */
export function rollsum(bytes: Uint8Array, start: number, end: number): number {
  let s1 = 0;
  let s2 = 0;
  let at = start;
  for (const stop = end - 7; at < stop; at += 8) {
    const a = bytes[at]!;
    const b = bytes[at + 1]!;
    const c = bytes[at + 2]!;
    const d = bytes[at + 3]!;
    const e = bytes[at + 4]!;
    const f = bytes[at + 5]!;
    const g = bytes[at + 6]!;
    const h = bytes[at + 7]!;
    s2 = (s2 + 8 * (s1 + a) + 7 * b + 6 * c + 5 * d + 4 * e + 3 * f + 2 * g + h) | 0;
    s1 = (s1 + a + b + c + d + e + f + g + h) | 0;
  }
  for (; at < end; at++) {
    s1 = (s1 + bytes[at]!) | 0;
    s2 = (s2 + s1) | 0;
  }
  return joinRollsum(s1, s2, end - start);
}

/** The sum of a block of this length, from the plain sums modulo 2^32: s1 of its bytes, s2 of what s1 was after each. */
export function joinRollsum(s1: number, s2: number, length: number): number {
  return join(s1 + Math.imul(OFFSET, length), s2 + Math.imul(OFFSET, triangle(length)));
}

/** 1 + 2 + … + n modulo 2^32. */
function triangle(n: number): number {
  return n % 2 === 0 ? Math.imul(n / 2, n + 1) : Math.imul(n, (n + 1) / 2);
}

function join(s1: number, s2: number): number {
  return (s2 << 16) | (s1 & 0xffff);
}

/** {@link rollsum} over a sliding window. */
export class RollsumWindow implements RollingWindow {
  #s1 = 0;
  #s2 = 0;
  #length = 0;

  digest(): number {
    return join(this.#s1, this.#s2);
  }

  start(bytes: Uint8Array, at: number, length: number): void {
    const sum = rollsum(bytes, at, at + length);
    this.#s1 = sum & 0xffff;
    this.#s2 = sum >>> 16;
    this.#length = length;
  }

  roll(bytes: Uint8Array, at: number): void {
    const out = bytes[at]!;
    this.#s1 = (this.#s1 + bytes[at + this.#length]! - out) | 0;
    this.#s2 = (this.#s2 + this.#s1 - Math.imul(this.#length, out + OFFSET)) | 0;
  }

  seek(bytes: Uint8Array, at: number, limit: number, filter: WeakFilter): number {
    const { words, shift } = filter;
    const length = this.#length;
    let s1 = this.#s1;
    let s2 = this.#s2;
    let here = at;
    for (; here < limit; here++) {
      if (mayHave(words, shift, (s2 << 16) | (s1 & 0xffff))) break;
      const out = bytes[here]!;
      s1 = (s1 + bytes[here + length]! - out) | 0;
      s2 = (s2 + s1 - Math.imul(length, out + OFFSET)) | 0;
    }
    this.#s1 = s1;
    this.#s2 = s2;
    return here;
  }

  shrink(bytes: Uint8Array, at: number): void {
    const out = bytes[at]! + OFFSET;
    this.#s1 = (this.#s1 - out) | 0;
    this.#s2 = (this.#s2 - Math.imul(this.#length, out)) | 0;
    this.#length--;
  }
}
