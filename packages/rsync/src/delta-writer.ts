import { COPY, DELTA_MAGIC, END, LITERAL, MAX_SHORT_LITERAL } from "./delta-commands.ts";

/** Size of the chunks that are handed on. */
const CHUNK = 128 * 1024;

/** Longest header of a command: opcode, offset and length in 8 bytes each. */
const MAX_HEADER = 17;

/**
 * Writes delta commands as librsync 2.3.2 does: smallest field widths, adjacent copies joined, literals of at most
 * 32768 bytes. Output is gathered in chunks.
 */
export class DeltaWriter {
  #done: Uint8Array[] = [];
  #out: Uint8Array = new Uint8Array(0);
  #used = 0;
  /** The copy that may still grow. Length 0: none. */
  #copyOffset = 0;
  #copyLength = 0;

  constructor() {
    this.#reserve(4);
    this.#number(DELTA_MAGIC, 4);
  }

  /** Adds `bytes[start..end)`, at most 32768; nothing if empty. They are copied. */
  literal(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length === 0) return;
    this.#flushCopy();
    this.#reserve(MAX_HEADER + length);
    if (length <= MAX_SHORT_LITERAL) {
      this.#out[this.#used++] = length;
    } else {
      const width = widthOf(length);
      this.#out[this.#used++] = LITERAL + width;
      this.#number(length, 2 ** width);
    }
    this.#out.set(bytes.subarray(start, end), this.#used);
    this.#used += length;
  }

  copy(offset: number, length: number): void {
    if (this.#copyLength > 0 && this.#copyOffset + this.#copyLength === offset) {
      this.#copyLength += length;
      return;
    }
    this.#flushCopy();
    this.#copyOffset = offset;
    this.#copyLength = length;
  }

  /** Chunks that are full. They are the caller's. */
  take(): Uint8Array[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  /** Ends the delta and returns all that is left. */
  finish(): Uint8Array[] {
    this.#flushCopy();
    this.#reserve(1);
    this.#out[this.#used++] = END;
    this.#done.push(this.#out.subarray(0, this.#used));
    return this.take();
  }

  #flushCopy(): void {
    if (this.#copyLength === 0) return;
    const offsetWidth = widthOf(this.#copyOffset);
    const lengthWidth = widthOf(this.#copyLength);
    this.#reserve(MAX_HEADER);
    this.#out[this.#used++] = COPY + 4 * offsetWidth + lengthWidth;
    this.#number(this.#copyOffset, 2 ** offsetWidth);
    this.#number(this.#copyLength, 2 ** lengthWidth);
    this.#copyLength = 0;
  }

  /** Makes room for `length` more bytes, which fit a chunk. Chunks begin small: most deltas are. */
  #reserve(length: number): void {
    const needed = this.#used + length;
    if (needed <= this.#out.length) return;
    if (needed > CHUNK) {
      this.#done.push(this.#out.subarray(0, this.#used));
      this.#out = new Uint8Array(CHUNK);
      this.#used = 0;
      return;
    }
    const grown = new Uint8Array(Math.min(CHUNK, Math.max(256, 2 * this.#out.length, needed)));
    grown.set(this.#out.subarray(0, this.#used));
    this.#out = grown;
  }

  #number(value: number, width: number): void {
    let rest = value;
    for (let at = this.#used + width - 1; at >= this.#used; at--) {
      this.#out[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#used += width;
  }
}

/** The binary logarithm of the smallest of 1, 2, 4, 8 bytes that hold `value`. */
function widthOf(value: number): number {
  return value < 0x100 ? 0 : value < 0x1_0000 ? 1 : value < 0x1_0000_0000 ? 2 : 3;
}
