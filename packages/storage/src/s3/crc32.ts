import { crc32 } from "node:zlib";

/** CRC-32 of bytes, as an unsigned number. Of `bytes` behind others when their CRC-32 is given. */
export function crc32Of(bytes: Uint8Array, before = 0): number {
  return crc32(bytes, before);
}

/**
 * CRC-32 of two pieces joined, from those of the pieces and the length of the second: the whole of an object is never gone
 * through a second time. A zero byte behind a message is a linear map of its CRC; `length` of them are that map squared over
 * and over (the method of zlib's crc32_combine).
 */
export function joinCrc32(first: number, second: number, length: number): number {
  let map = ONE_ZERO_BIT;
  for (let squarings = 0; squarings < 3; squarings++) map = square(map); // a byte has eight bits
  let crc = first;
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) crc = apply(map, crc);
    map = square(map);
  }
  return (crc ^ second) >>> 0;
}

/** In an S3 header: base64 of the big-endian bytes. */
export function formatCrc32(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString("base64");
}

/** A linear map over GF(2): where each of the 32 bits goes. */
type BitMap = readonly number[];

/** The polynomial, reflected, and all other bits one place down. */
const ONE_ZERO_BIT: BitMap = Array.from({ length: 32 }, (_, bit) => (bit === 0 ? 0xedb88320 : 2 ** (bit - 1)));

function apply(map: BitMap, bits: number): number {
  let sum = 0;
  for (let bit = 0, left = bits; left !== 0; bit++, left >>>= 1) if (left & 1) sum ^= map[bit] ?? 0;
  return sum >>> 0;
}

function square(map: BitMap): BitMap {
  return map.map((bits) => apply(map, bits));
}
