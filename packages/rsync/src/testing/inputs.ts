/** Numbers from a seed, the same for ever: mulberry32. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 to below `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Bytes out of `alphabet` values: 256 is noise, 2 is rich in chance repetitions. */
  bytes(length: number, alphabet = 256): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.below(alphabet);
    return out;
  }

  /** The bytes after `count` random insertions, deletions, overwritings, moves and repetitions of up to `span` bytes. */
  edit(bytes: Uint8Array, count: number, span: number): Uint8Array {
    let edited = bytes;
    for (let i = 0; i < count; i++) {
      const at = this.below(edited.length + 1);
      const length = this.below(span);
      const from = this.below(edited.length + 1);
      const piece = this.below(2) === 0 ? this.bytes(length) : edited.slice(from, from + length);
      const removed = this.pick([0, length, piece.length]);
      edited = Buffer.concat([edited.subarray(0, at), piece, edited.subarray(at + removed)]);
    }
    return edited;
  }

  /** The same bytes in pieces; some are empty. */
  cut(bytes: Uint8Array, longest: number): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = this.below(longest + 1);
      chunks.push(bytes.subarray(at, at + length));
      at += length;
    }
    return chunks;
  }
}
