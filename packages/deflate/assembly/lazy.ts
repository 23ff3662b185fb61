import { REACH } from "./blocks";
import { extend, find, findFour, findShort, remember } from "./rows";
import { addLiterals, addMatch } from "./sequences";

export let lazyMax: u32 = 32;

@inline
function parseLazily(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32, log: u32): usize {
  let p = from;
  let literals = from;
  const reach3 = load<u32>(REACH + 12);
  const reach4 = load<u32>(REACH + 16);
  while (p < limit) {
    let bytes = load<u64>(p);
    let match = find(p, bytes, 5, nice, tries, log);
    let short = findFour(p, bytes, reach4);
    if (reach3 > 64) {
      const three = findShort(p, bytes, reach3);
      short = select(short, three, short);
    }
    if (match === 0 && short !== 0) match = extend(p, short);
    let length = match >> 16;
    if (length === 0 || (length < 8 && (match & 0xffff) > load<u32>(REACH + 4 * length))) {
      p++;
      continue;
    }
    let known = p + 1;
    while (length < lazy) {
      bytes = load<u64>(p + 1);
      let next = find(p + 1, bytes, max<u32>(5, length - 1), nice, tries >> 1, log);
      short = findFour(p + 1, bytes, reach4);
      if (next === 0 && length <= 5 && short !== 0) next = extend(p + 1, short);
      known = p + 2;
      const longer = <i32>(next >> 16) - <i32>length;
      const nearer = <i32>clz(next & 0xffff) - <i32>clz(match & 0xffff);
      if (next === 0 || 4 * longer + nearer <= 0) break;
      p++;
      match = next;
      length = match >> 16;
    }
    if (p + length > end) {
      length = end - p;
      if (length < 3) {
        p = end;
        break;
      }
    }
    addMatch(literals, p, length, match & 0xffff);
    p += length;
    literals = p;
    remember(known, p, log);
  }
  p = min(p, end);
  addLiterals(literals, p);
  return p;
}
export function parse16(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32): usize {
  return parseLazily(from, limit, end, tries, nice, lazy, 4);
}
export function parse32(from: usize, limit: usize, end: usize, tries: u32, nice: u32, lazy: u32): usize {
  return parseLazily(from, limit, end, tries, nice, lazy, 5);
}
export function remember32(from: usize, to: usize): void {
  remember(from, to, 5);
}
