import { lengthBytes } from "./header.ts";

/**
 * Frames one packet of unknown length in partial lengths of 2^bits bytes (RFC 4880 4.2.2.4); a body shorter than one
 * part gets a definite length. What is held back, at most one part, is copied.
 */
export class PartialFramer {
  readonly #tag: number;
  readonly #bits: number;
  #started = false;
  #pending: Uint8Array[] = [];
  #pendingLength = 0;

  /** `bits` is 9 to 30: the first part must hold 512 bytes or more. */
  constructor(tag: number, bits: number) {
    if (bits < 9 || bits > 30) throw new RangeError(`partial length of 2^${bits} bytes`);
    this.#tag = tag;
    this.#bits = bits;
  }

  /** Adds to `out` the parts that `bytes` completes. */
  push(bytes: Uint8Array, out: Uint8Array[]): void {
    const part = 2 ** this.#bits;
    let at = 0;
    // A full part waits until another byte is there, so that the last part is never empty.
    while (this.#pendingLength + (bytes.length - at) > part) {
      const take = part - this.#pendingLength;
      this.#header([0xe0 | this.#bits], out);
      this.#flush(out);
      if (take > 0) out.push(bytes.subarray(at, at + take));
      at += take;
    }
    if (at < bytes.length) {
      this.#pending.push(new Uint8Array(bytes.subarray(at))); // the caller uses its memory again
      this.#pendingLength += bytes.length - at;
    }
  }

  /** Adds the last part. The framer is spent. */
  finish(out: Uint8Array[]): void {
    this.#header(lengthBytes(this.#pendingLength), out);
    this.#flush(out);
  }

  #flush(out: Uint8Array[]): void {
    for (const piece of this.#pending) out.push(piece);
    this.#pending = [];
    this.#pendingLength = 0;
  }

  #header(length: readonly number[], out: Uint8Array[]): void {
    out.push(Uint8Array.from(this.#started ? length : [0xc0 | this.#tag, ...length]));
    this.#started = true;
  }
}
