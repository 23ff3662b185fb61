import { badMessage } from "./fault.ts";

/** How long a packet body, or the next part of it, is. `bytes` is Infinity when it lasts as long as what contains it. */
export interface BodyLength {
  readonly bytes: number;
  /** More parts follow this one. */
  readonly partial: boolean;
}

export interface PacketHeader {
  readonly tag: number;
  readonly length: BodyLength;
  /** Bytes that the header itself takes. */
  readonly size: number;
}

/** The longest header: one tag byte, 0xff, four length bytes. */
export const MAX_HEADER = 6;

/** A definite-length, new-format header (RFC 4880 4.2.2), as short as possible. */
export function packetHeader(tag: number, length: number): Uint8Array {
  return Uint8Array.from([0xc0 | tag, ...lengthBytes(length)]);
}

/** A whole packet with a definite length. `body` is copied. */
export function packet(tag: number, body: Uint8Array): Uint8Array {
  const header = packetHeader(tag, body.length);
  const out = new Uint8Array(header.length + body.length);
  out.set(header);
  out.set(body, header.length);
  return out;
}

/** A new-format length of one, two or five bytes (RFC 4880 4.2.2.1 to 4.2.2.3). */
export function lengthBytes(length: number): number[] {
  if (length < 192) return [length];
  if (length < 8384) return [((length - 192) >> 8) + 192, (length - 192) & 0xff];
  return [0xff, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
}

/** The new-format length at `at`, or undefined when `bytes` ends too early. */
export function parseLength(bytes: Uint8Array, at: number): { readonly length: BodyLength; readonly size: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 192) return { length: { bytes: first, partial: false }, size: 1 };
  if (first >= 224 && first < 255) return { length: { bytes: 2 ** (first & 0x1f), partial: true }, size: 1 };
  const second = bytes[at + 1];
  if (second === undefined) return undefined;
  if (first < 224) return { length: { bytes: ((first - 192) << 8) + second + 192, partial: false }, size: 2 };
  if (bytes.length < at + 5) return undefined;
  return { length: { bytes: uint32(bytes, at + 1), partial: false }, size: 5 };
}

/**
 * The packet header at `at`, old or new format (RFC 4880 4.2), or undefined when `bytes` ends too early.
 * @throws DoppelError openpgp.bad-message when there is no packet.
 */
export function parseHeader(bytes: Uint8Array, at: number): PacketHeader | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if ((first & 0x80) === 0) throw badMessage("framing", "holds something that is no OpenPGP packet");
  if ((first & 0x40) !== 0) {
    const parsed = parseLength(bytes, at + 1);
    return parsed && { tag: first & 0x3f, length: parsed.length, size: 1 + parsed.size };
  }
  const tag = (first >> 2) & 0x0f;
  const width = [1, 2, 4, 0][first & 3]!;
  if (width === 0) return { tag, length: { bytes: Number.POSITIVE_INFINITY, partial: false }, size: 1 };
  if (bytes.length < at + 1 + width) return undefined;
  let length = 0;
  for (let i = 0; i < width; i++) length = length * 256 + bytes[at + 1 + i]!;
  return { tag, length: { bytes: length, partial: false }, size: 1 + width };
}

/** Four bytes, big-endian. */
export function uint32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 2 ** 24 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) + bytes[at + 3]!;
}
