import { BodyDeframer } from "../packets/deframe.ts";
import { lengthBytes } from "../packets/header.ts";

/**
 * Where the bytes of a packet body lie in its packet, when it is framed as PartialFramer does it: parts of 2^bits bytes,
 * each behind one byte of header; the last one behind a definite length (RFC 4880 4.2.2.4).
 */
export class FramedBody {
  readonly #part: number;
  readonly #lastPart: number;
  readonly #lastHeader: number;

  /** `length` is that of the whole body. */
  constructor(length: number, bits: number) {
    this.#part = 2 ** bits;
    this.#lastPart = Math.max(0, Math.ceil(length / this.#part) - 1);
    this.#lastHeader = lengthBytes(length - this.#lastPart * this.#part).length;
  }

  /** How far behind the beginning of the packet, its tag, byte `at` of the body is. */
  position(at: number): number {
    const part = this.#partOf(at);
    const headers = part < this.#lastPart ? part + 1 : this.#lastPart + this.#lastHeader;
    return 1 + headers + at;
  }

  /** @internal For the bytes from `position(at)` on. */
  deframer(at: number): BodyDeframer {
    const part = this.#partOf(at);
    // What is beyond the body of the last part is never given to it.
    const bytes = part < this.#lastPart ? (part + 1) * this.#part - at : Number.POSITIVE_INFINITY;
    return new BodyDeframer({ bytes, partial: part < this.#lastPart });
  }

  #partOf(at: number): number {
    return Math.min(Math.floor(at / this.#part), this.#lastPart);
  }
}

/** Takes the headers of the parts out of bytes that begin at `position(at)`. */
export async function* deframed(framed: FramedBody, at: number, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deframer = framed.deframer(at);
  for await (const chunk of bytes) {
    const pieces: Uint8Array[] = [];
    deframer.push(chunk, pieces);
    yield* pieces;
  }
}
