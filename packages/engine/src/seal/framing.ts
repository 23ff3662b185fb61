import { crc32 } from "node:zlib";
import type { VolumeLayout } from "@doppel/format";

/** Takes bytes that are only valid during the call. */
export type Emit = (bytes: Uint8Array) => void;

/**
 * How one object is wrapped around its compressed pieces. `inner*` frame plain bytes before compression, `outer*` wrap what
 * came out of it; both are synchronous, called strictly in order, and only read what they are given during the call.
 */
export interface Framing {
  readonly compress: boolean;
  /** Bytes before everything, never compressed. */
  open(emit: Emit): void;
  inner(plain: Uint8Array, emit: Emit): void;
  /** Awaited after each `inner`: room for more, where bytes also go somewhere else. */
  ready?(): Promise<void>;
  /** Awaited once, after the last `inner`. */
  innerEnd(emit: Emit): Promise<void>;
  outer(compressed: Uint8Array, emit: Emit): void;
  outerEnd(emit: Emit): void;
  /** Where things lie in the object, once it is complete. */
  layout(): VolumeLayout;
  /** Called when the object is given up before its end. */
  discard?(): void;
}

/** Bytes as they are (`--no-encryption --no-compression`). */
export function plainFraming(): Framing {
  return {
    compress: false,
    open: () => {},
    inner: (plain, emit) => emit(plain),
    innerEnd: async () => {},
    outer: (bytes, emit) => emit(bytes),
    outerEnd: () => {},
    layout: () => ({ encoding: "plain" }),
  };
}

/** One gzip member (RFC 1952) with the header stock writes, but without a time, so that equal input gives equal output. */
export function gzipFraming(): Framing {
  const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
  let crc = 0;
  let length = 0;
  return {
    compress: true,
    open: (emit) => emit(header),
    inner(plain, emit) {
      crc = crc32(plain, crc);
      length = (length + plain.length) % 2 ** 32;
      emit(plain);
    },
    innerEnd: async () => {},
    outer: (bytes, emit) => emit(bytes),
    outerEnd(emit) {
      const trailer = new DataView(new ArrayBuffer(8));
      trailer.setUint32(0, crc, true);
      trailer.setUint32(4, length, true);
      emit(new Uint8Array(trailer.buffer));
    },
    layout: () => ({ encoding: "gzip", headerBytes: header.length }),
  };
}
