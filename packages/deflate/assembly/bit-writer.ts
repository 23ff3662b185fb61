/** Bits, lowest first (RFC 1951 3.1.1), into memory. Up to 7 wait in `pending` between calls. */
let at: usize = 0;
let pending: u64 = 0;
let count: u32 = 0;

export function startWriting(where: usize): void {
  at = where;
  pending = 0;
  count = 0;
}

/** Where the next whole byte goes. */
export function writtenTo(): usize {
  return at;
}

export function pendingBits(): u64 {
  return pending;
}

export function pendingCount(): u32 {
  return count;
}

/** Takes over what a loop did that kept the three in registers. */
export function continueWriting(where: usize, bits: u64, number: u32): void {
  at = where;
  pending = bits;
  count = number;
}

/** @param size at most 32 */
export function putBits(bits: u32, size: u32): void {
  pending |= (<u64>bits) << count;
  count += size;
  store<u64>(at, pending);
  at += count >> 3;
  pending >>= count & 56;
  count &= 7;
}

/** Zeros up to the next byte. */
export function alignToByte(): void {
  if (count === 0) return;
  store<u8>(at++, <u8>pending);
  pending = 0;
  count = 0;
}

/** Only at a byte boundary. */
export function putBytes(from: usize, length: usize): void {
  memory.copy(at, from, length);
  at += length;
}
