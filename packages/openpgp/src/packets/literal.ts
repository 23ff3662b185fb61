import { type Emit, PartialFramer } from "./partial.ts";
import { TAG } from "./tags.ts";

/** Frames the bytes of one literal data packet (RFC 4880 5.9): mode `b`, no name. */
export class LiteralFramer {
  /** Parts of 2^chunkBits bytes. */
  readonly chunkBits: number;
  readonly #framer: PartialFramer;
  readonly #head: Uint8Array;
  #started = false;

  /** `date` in seconds since 1970, 0 for none. */
  constructor(chunkBits = 16, date = 0) {
    this.chunkBits = chunkBits;
    this.#framer = new PartialFramer(TAG.literal, chunkBits);
    this.#head = Uint8Array.of(0x62, 0, date >>> 24, date >>> 16, date >>> 8, date);
  }

  /** Emits the parts that are full by now, headers and bytes in turn. `bytes` is only read during the call. */
  update(bytes: Uint8Array, emit: Emit): void {
    if (!this.#started) this.#framer.push(this.#head, emit);
    this.#started = true;
    this.#framer.push(bytes, emit);
  }

  /** Emits the rest. The framer is spent. */
  finish(emit: Emit): void {
    this.update(new Uint8Array(0), emit);
    this.#framer.finish(emit);
  }
}

/**
 * Begins a compressed data packet that lasts as long as what contains it (RFC 4880 4.2.1, 5.6), as gpg writes it.
 * Raw DEFLATE data follows ("ZIP").
 */
export const COMPRESSED_ZIP_HEADER: Uint8Array = Uint8Array.of(0xa3, 1);
