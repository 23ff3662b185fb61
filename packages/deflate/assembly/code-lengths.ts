import { LITERALS } from "./alphabet";

/** Symbols in use, rarest first: the frequency above, the symbol in the low 9 bits. */
const SORTED = memory.data(4 * LITERALS);
/** While the tree is built: weights of its nodes, then their parents, then their depths. */
const TREE = memory.data(4 * LITERALS);
/** How many codes have each length. */
const OF_LENGTH = memory.data(4 * 33);
const SYMBOL_BITS = 9;

/**
 * Lengths of a prefix code for `size` symbols that is as short as frequencies (32-bit, below 2^23) allow and has no length
 * above `longest`. At least two symbols get a code, so that every code is complete: some inflaters refuse others.
 */
export function codeLengths(frequencies: usize, size: u32, longest: u32, lengths: usize): void {
  memory.fill(lengths, 0, size);
  const used = sortUsed(frequencies, size);
  if (used < 2) {
    const only = used === 1 ? load<u32>(SORTED) & 511 : 0;
    store<u8>(lengths + only, 1);
    store<u8>(lengths + (only === 0 ? 1 : 0), 1);
    return;
  }
  buildTree(used);
  countLengths(used);
  limitLengths(longest);
  let next: u32 = 0;
  for (let length: u32 = longest; length > 0; length--) {
    for (let codes = load<u32>(OF_LENGTH + 4 * length); codes > 0; codes--) {
      store<u8>(lengths + (load<u32>(SORTED + 4 * next++) & 511), <u8>length);
    }
  }
}

/** Shellsort: there are a few hundred at most. */
function sortUsed(frequencies: usize, size: u32): u32 {
  let used: u32 = 0;
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const frequency = load<u32>(frequencies + 4 * symbol);
    if (frequency > 0) store<u32>(SORTED + 4 * used++, (frequency << SYMBOL_BITS) | symbol);
  }
  for (let gap: u32 = 121; gap > 0; gap = (gap - 1) / 3) {
    for (let i = gap; i < used; i++) {
      const key = load<u32>(SORTED + 4 * i);
      let hole = i;
      for (; hole >= gap && load<u32>(SORTED + 4 * (hole - gap)) > key; hole -= gap) {
        store<u32>(SORTED + 4 * hole, load<u32>(SORTED + 4 * (hole - gap)));
      }
      store<u32>(SORTED + 4 * hole, key);
    }
  }
  return used;
}

/**
 * Huffman's algorithm in place (Moffat and Katajainen, 1995): leaves and inner nodes both come in order of weight, so two
 * queues do for a heap, and an inner node takes the place of a leaf that is already in the tree. Leaves TREE with the depths
 * of the inner nodes, the root last.
 */
function buildTree(used: u32): void {
  const inner = used - 1;
  let leaf: u32 = 0;
  let node: u32 = 0;
  for (let next: u32 = 0; next < inner; next++) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child++) {
      const leafWeight = leaf < used ? load<u32>(SORTED + 4 * leaf) >> SYMBOL_BITS : u32.MAX_VALUE;
      if (node < next && load<u32>(TREE + 4 * node) < leafWeight) {
        weight += load<u32>(TREE + 4 * node);
        store<u32>(TREE + 4 * node++, next);
      } else {
        weight += leafWeight;
        leaf++;
      }
    }
    store<u32>(TREE + 4 * next, weight);
  }
  store<u32>(TREE + 4 * (inner - 1), 0);
  for (let i = <i32>inner - 2; i >= 0; i--) {
    store<u32>(TREE + 4 * i, load<u32>(TREE + 4 * load<u32>(TREE + 4 * i)) + 1);
  }
}

/** Each level of the tree has twice as many places as the one above has inner nodes; what is no inner node is a leaf. */
function countLengths(used: u32): void {
  memory.fill(OF_LENGTH, 0, 4 * 33);
  let node = <i32>used - 2;
  let places: u32 = 1;
  for (let depth: u32 = 0; places > 0; depth++) {
    let inner: u32 = 0;
    for (; node >= 0 && load<u32>(TREE + 4 * node) === depth; node--) inner++;
    // Deeper than 32 needs more than 2^21 occurrences.
    store<u32>(OF_LENGTH + 4 * depth, places - inner);
    places = 2 * inner;
  }
}

/** Cuts codes to `longest`, then lengthens shorter ones until there is room for all again (Kraft's inequality). */
function limitLengths(longest: u32): void {
  let tooLong: u32 = 0;
  for (let length = longest + 1; length <= 32; length++) tooLong += load<u32>(OF_LENGTH + 4 * length);
  if (tooLong === 0) return;
  store<u32>(OF_LENGTH + 4 * longest, load<u32>(OF_LENGTH + 4 * longest) + tooLong);
  let room: u32 = 0;
  for (let length: u32 = 1; length <= longest; length++) room += load<u32>(OF_LENGTH + 4 * length) << (longest - length);
  for (; room > 1 << longest; room--) {
    // One code of the longest joins a shorter one, which becomes two that are a bit longer.
    let shorter = longest - 1;
    while (load<u32>(OF_LENGTH + 4 * shorter) === 0) shorter--;
    store<u32>(OF_LENGTH + 4 * longest, load<u32>(OF_LENGTH + 4 * longest) - 1);
    store<u32>(OF_LENGTH + 4 * shorter, load<u32>(OF_LENGTH + 4 * shorter) - 1);
    store<u32>(OF_LENGTH + 4 * (shorter + 1), load<u32>(OF_LENGTH + 4 * (shorter + 1)) + 2);
  }
}

const NEXT_CODE = memory.data(4 * 17);

/** Canonical codes for lengths (RFC 1951 3.2.2), as `length << 16 | code`, the code's bits in the order they are written. */
export function codesOf(lengths: usize, size: u32, codes: usize): void {
  memory.fill(OF_LENGTH, 0, 4 * 17);
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const counter = OF_LENGTH + 4 * <usize>load<u8>(lengths + symbol);
    store<u32>(counter, load<u32>(counter) + 1);
  }
  store<u32>(OF_LENGTH, 0);
  let code: u32 = 0;
  for (let length: u32 = 1; length < 16; length++) {
    code = (code + load<u32>(OF_LENGTH + 4 * (length - 1))) << 1;
    store<u32>(NEXT_CODE + 4 * length, code);
  }
  for (let symbol: u32 = 0; symbol < size; symbol++) {
    const length = <u32>load<u8>(lengths + symbol);
    const place = NEXT_CODE + 4 * <usize>length;
    const next = load<u32>(place);
    store<u32>(place, next + 1);
    store<u32>(codes + 4 * symbol, length === 0 ? 0 : (length << 16) | (reverse16(next) >> (16 - length)));
  }
}

function reverse16(value: u32): u32 {
  let bits = value;
  bits = ((bits >> 1) & 0x5555) | ((bits & 0x5555) << 1);
  bits = ((bits >> 2) & 0x3333) | ((bits & 0x3333) << 2);
  bits = ((bits >> 4) & 0x0f0f) | ((bits & 0x0f0f) << 4);
  return ((bits >> 8) & 0xff) | ((bits & 0xff) << 8);
}
