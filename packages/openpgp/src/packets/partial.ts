import { lengthBytes } from "./header.ts";

/** Takes bytes that are only valid during the call. */
export type Emit = (bytes: Uint8Array) => void;

/**
 * Frames one packet of unknown length in partial lengths of 2^bits bytes (RFC 4880 4.2.2.4); a body shorter than one
 * part gets a definite length. What is held back, at most one part, is copied; nothing is allocated for each part.
 */
export class PartialFramer {
  readonly #tag: number;
  readonly #bits: number;
  #started = false;
  #held: Buffer | undefined;
  #fill = 0;

  /** `bits` is 9 to 30: the first part must hold 512 bytes or more. */
  constructor(tag: number, bits: number) {
    if (bits < 9 || bits > 30) throw new RangeError(`partial length of 2^${bits} bytes`);
    this.#tag = tag;
    this.#bits = bits;
  }

  /** Emits the parts that `bytes` completes, in order: headers, what was held back, and views of `bytes`. */
  push(bytes: Uint8Array, emit: Emit): void {
    const part = 2 ** this.#bits;
    let at = 0;
    // A full part waits until another byte is there, so that the last part is never empty.
    while (this.#fill + (bytes.length - at) > part) {
      const end = at + part - this.#fill;
      this.#header([0xe0 | this.#bits], emit);
      this.#flush(emit);
      if (end > at) emit(bytes.subarray(at, end));
      at = end;
    }
    if (at === bytes.length) return;
    this.#held ??= Buffer.allocUnsafeSlow(part);
    this.#held.set(at === 0 ? bytes : bytes.subarray(at), this.#fill);
    this.#fill += bytes.length - at;
  }

  /** Emits the last part. The framer is spent. */
  finish(emit: Emit): void {
    this.#header(lengthBytes(this.#fill), emit);
    this.#flush(emit);
  }

  #flush(emit: Emit): void {
    if (this.#fill > 0) emit(this.#held!.subarray(0, this.#fill));
    this.#fill = 0;
  }

  #header(length: readonly number[], emit: Emit): void {
    emit(Uint8Array.from(this.#started ? length : [0xc0 | this.#tag, ...length]));
    this.#started = true;
  }
}
