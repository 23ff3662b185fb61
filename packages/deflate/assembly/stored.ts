import * as bits from "./bit-writer";

const LONGEST_STORED: usize = 65_535;

/** Bits of the input as stored blocks, at most. */
export function storedBits(length: usize): u32 {
  return 8 * (length + 5 * max<usize>(1, (length + LONGEST_STORED - 1) / LONGEST_STORED));
}

/** [from, to) as it is (RFC 1951 3.2.4); an empty one is written too. Ends at a byte boundary. */
export function writeStored(from: usize, to: usize, last: bool): void {
  let p = from;
  do {
    const length = min<usize>(to - p, LONGEST_STORED);
    bits.putBits(last && p + length === to ? 1 : 0, 3);
    bits.alignToByte();
    bits.putBits(length, 16);
    bits.putBits(~length & 0xffff, 16);
    bits.putBytes(p, length);
    p += length;
  } while (p < to);
}
