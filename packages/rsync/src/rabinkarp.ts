import { mayHave, type WeakFilter } from "./block-index.ts";
import type { RollingWindow } from "./rolling-window.ts";

/** librsync's RabinKarp polynomial hash: modulo 2^32, this multiplier and its inverse, seed 1. */
const MULTIPLIER = 0x08104225;
const INVERSE = 0x98f009ad;
const SEED = 1;
/** What the seed adds to the weight of the byte that leaves: (MULTIPLIER - 1) * SEED. */
const ADJUST = 0x08104224;

/** The RabinKarp sum of `bytes[start..end)` as a signed 32-bit integer. */
export function rabinkarp(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, MULTIPLIER) + bytes[at]!) | 0;
  return hash;
}

/** {@link rabinkarp} over a sliding window. */
export class RabinKarpWindow implements RollingWindow {
  #hash = SEED;
  /** MULTIPLIER to the power of #length. */
  #weight = 1;
  #length = 0;

  digest(): number {
    return this.#hash;
  }

  start(bytes: Uint8Array, at: number, length: number): void {
    this.#hash = rabinkarp(bytes, at, at + length);
    if (length !== this.#length) this.#weight = power(length);
    this.#length = length;
  }

  roll(bytes: Uint8Array, at: number): void {
    this.#hash =
      (Math.imul(this.#hash, MULTIPLIER) + bytes[at + this.#length]! - Math.imul(this.#weight, bytes[at]! + ADJUST)) | 0;
  }

  seek(bytes: Uint8Array, at: number, limit: number, filter: WeakFilter): number {
    const { words, shift } = filter;
    const length = this.#length;
    const weight = this.#weight;
    let hash = this.#hash;
    let here = at;
    for (; here < limit; here++) {
      if (mayHave(words, shift, hash)) break;
      hash = (Math.imul(hash, MULTIPLIER) + bytes[here + length]! - Math.imul(weight, bytes[here]! + ADJUST)) | 0;
    }
    this.#hash = hash;
    return here;
  }

  shrink(bytes: Uint8Array, at: number): void {
    this.#weight = Math.imul(this.#weight, INVERSE);
    this.#hash = (this.#hash - Math.imul(this.#weight, bytes[at]! + ADJUST)) | 0;
    this.#length--;
  }
}

/** MULTIPLIER^exponent modulo 2^32, by squaring: a block length may be in the millions. */
function power(exponent: number): number {
  let result = 1;
  let square = MULTIPLIER;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}
