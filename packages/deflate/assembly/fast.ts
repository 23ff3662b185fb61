import { REACH } from "./blocks";
import { WINDOW } from "./alphabet";
import { sameBytes } from "./rows";
import { addLiterals, addMatch } from "./sequences";

const LATEST_BITS: u32 = 13;
const LATEST = memory.data(2 << LATEST_BITS, 16);

export function forgetLatest(): void {
  const entry = i16x8.splat(0x7fff);
  for (let p = LATEST; p < LATEST + (2 << LATEST_BITS); p += 16) v128.store(p, entry);
}

@inline
function latest(bytes: u64): usize {
  return LATEST + 2 * <usize>(((bytes << 24) * 0x9e3779b185ebca87) >> (64 - LATEST_BITS));
}

export function rememberFast(from: usize, to: usize): void {
  for (let p = from; p < to; p++) store<u16>(latest(load<u64>(p)), <u16>p);
}

export function parseFast(from: usize, limit: usize, end: usize): usize {
  let p = from;
  let literals = from;
  while (p < limit) {
    const bytes = load<u64>(p);
    const place = latest(bytes);
    const distance = (<u32>p - load<u16>(place)) & 0xffff;
    store<u16>(place, <u16>p);
    const same = <u32>(distance - 1 < WINDOW) & <u32>(load<u32>(p - distance) === <u32>bytes);
    if (!same) {
      p += 1 + ((p - literals) >> 5);
      continue;
    }
    let length = sameBytes(p - distance, p);
    if (length < 8 && distance > load<u32>(REACH + 4 * length)) {
      p++;
      continue;
    }
    if (p + length > end) {
      length = end - p;
      if (length < 3) {
        p = end;
        break;
      }
    }
    addMatch(literals, p, length, distance);
    p += length;
    literals = p;
    store<u16>(latest(load<u64>(p - 2)), <u16>(p - 2));
  }
  p = min(p, end);
  addLiterals(literals, p);
  return p;
}
