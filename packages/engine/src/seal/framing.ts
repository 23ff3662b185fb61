import { crc32 } from "node:zlib";
import type { VolumeLayout } from "@doppel/format";

/**
 * How one object is wrapped around its compressed pieces. `inner*` frame plain bytes before compression, `outer*` wrap what
 * came out of it; both are synchronous and called strictly in order.
 */
export interface Framing {
  readonly compress: boolean;
  /** Bytes before everything, never compressed. */
  open(): readonly Uint8Array[];
  inner(plain: Uint8Array): readonly Uint8Array[];
  /** Awaited after each `inner`: room for more, where bytes also go somewhere else. */
  ready?(): Promise<void>;
  /** Awaited once, after the last `inner`. */
  innerEnd(): Promise<readonly Uint8Array[]>;
  outer(compressed: Uint8Array): readonly Uint8Array[];
  outerEnd(): readonly Uint8Array[];
  /** Where things lie in the object, once it is complete. */
  layout(): VolumeLayout;
  /** Called when the object is given up before its end. */
  discard?(): void;
}

/** Bytes as they are (`--no-encryption --no-compression`). */
export function plainFraming(): Framing {
  return {
    compress: false,
    open: () => [],
    inner: (plain) => [plain],
    innerEnd: async () => [],
    outer: (bytes) => [bytes],
    outerEnd: () => [],
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
    open: () => [header],
    inner(plain) {
      crc = crc32(plain, crc);
      length = (length + plain.length) % 2 ** 32;
      return [plain];
    },
    innerEnd: async () => [],
    outer: (bytes) => [bytes],
    outerEnd() {
      const trailer = new DataView(new ArrayBuffer(8));
      trailer.setUint32(0, crc, true);
      trailer.setUint32(4, length, true);
      return [new Uint8Array(trailer.buffer)];
    },
    layout: () => ({ encoding: "gzip", headerBytes: header.length }),
  };
}
