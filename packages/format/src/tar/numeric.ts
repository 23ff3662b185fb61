const ZERO = 0x30;
/** What no longer fits a field of so many bytes, one of which is a NUL. A table, because this runs six times an entry. */
const OCTAL_LIMIT = Array.from({ length: 13 }, (_, width) => 8 ** (width - 1));

/** Whether `value` can be written in a numeric field. */
export function isTarNumber(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/**
 * A number into a field of `width` bytes as GNU tar writes it: octal digits and a NUL, or, when too big, base 256 behind a
 * byte 0x80 (spec 3.3). The caller guarantees {@link isTarNumber} and a zeroed field.
 */
export function writeNumber(out: Uint8Array, at: number, width: number, value: number): void {
  let rest = value;
  if (value < OCTAL_LIMIT[width]!) {
    let i = at + width - 2;
    // Doubles only for the digits that need them.
    for (; rest > 0x3fff_ffff; i--) {
      out[i] = ZERO + (rest % 8);
      rest = Math.floor(rest / 8);
    }
    for (; i >= at; i--) {
      out[i] = ZERO + (rest & 7);
      rest >>= 3;
    }
    return;
  }
  for (let i = at + width - 1; rest > 0; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  // A number in base 256 never reaches the first byte: 2^53 needs seven, and the narrowest field has eight.
  out[at] = 0x80;
}

/** The number in a field: octal, blank (0) or base 256, which alone can be negative. NaN when it is none or not exact. */
export function readNumber(bytes: Uint8Array, at: number, width: number): number {
  const first = bytes[at]!;
  if (first >= 0x80) return readBase256(bytes, at, width);
  let i = at;
  const end = at + width;
  while (i < end && bytes[i] === 0x20) i++;
  let value = 0;
  for (; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  // Behind the digits only NULs and blanks may stand.
  for (; i < end; i++) if (bytes[i] !== 0 && bytes[i] !== 0x20) return Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

function readBase256(bytes: Uint8Array, at: number, width: number): number {
  // The top bit is the mark, the one below it the sign of a two's complement number.
  const first = bytes[at]! & 0x7f;
  let value = first >= 0x40 ? first - 0x80 : first;
  for (let i = at + 1; i < at + width; i++) value = value * 256 + bytes[i]!;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}
