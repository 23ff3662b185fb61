import { badMessage } from "./fault.ts";
import { type BodyLength, parseLength } from "./header.ts";

/** The body of one packet out of the bytes that follow its header, whatever its length format. A push core. */
export class BodyDeframer {
  #left: number;
  #partial: boolean;
  /** The first bytes of a length that was cut by the end of a chunk. */
  #cut: number[] = [];

  constructor(length: BodyLength) {
    this.#left = length.bytes;
    this.#partial = length.partial;
  }

  /** The body is complete. */
  get done(): boolean {
    return this.#left === 0 && !this.#partial;
  }

  /** Adds to `out` what of `bytes` is body (views); returns how many bytes were used: all, unless `done`. */
  push(bytes: Uint8Array, out: Uint8Array[]): number {
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.#left === 0) {
        at = this.#nextLength(bytes, at);
        continue;
      }
      const end = Math.min(bytes.length, at + this.#left);
      out.push(bytes.subarray(at, end));
      this.#left -= end - at;
      at = end;
    }
    return at;
  }

  /** To be called when the input is over. @throws DoppelError openpgp.bad-message (truncated). */
  finish(): void {
    if (this.done || this.#left === Number.POSITIVE_INFINITY) return;
    throw badMessage("truncated", "ends within a packet: it is cut off");
  }

  #nextLength(bytes: Uint8Array, from: number): number {
    let at = from;
    do this.#cut.push(bytes[at++]!);
    while (at < bytes.length && !parseLength(Uint8Array.from(this.#cut), 0));
    const parsed = parseLength(Uint8Array.from(this.#cut), 0);
    if (parsed) {
      this.#left = parsed.length.bytes;
      this.#partial = parsed.length.partial;
      this.#cut = [];
    }
    return at;
  }
}
