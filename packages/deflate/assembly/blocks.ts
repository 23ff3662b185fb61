import { DISTANCES, LITERALS, SYMBOLS } from "./alphabet";
import { writeBlock } from "./block-writer";
import { LOG2_UNIT, log2 } from "./log2";
import { addLiterals, dropSequences, FRESH, MOST_SEQUENCES, SEQUENCES, sequencesEnd } from "./sequences";

/**
 * Where blocks end. A block is worth its own codes when they save more than their description costs. What was parsed
 * lately (FRESH) is compared with the block before it (SETTLED) at every granule: apart, or together, by entropy. After
 * FRESH_GRANULES without a border it joins the block.
 */
const SETTLED = memory.data(4 * SYMBOLS, 16);
const TOGETHER = memory.data(4 * SYMBOLS, 16);

/** Where in the input, and in the sequences, the settled and the fresh part begin. */
let blockStart: usize = 0;
let freshStart: usize = 0;
let freshSequences: usize = SEQUENCES;
let freshGranules: u32 = 0;
let settledCost: u64 = 0;

const FRESH_GRANULES: u32 = 4;
/** What a description of codes comes to, in bits: measured 60 to 90 bytes. */
const HEADER_COST: u64 = 560 * LOG2_UNIT;
/** A granule makes up to 1366 sequences; so the next one always finds room. */
const FULL = SEQUENCES + 8 * (MOST_SEQUENCES - 2048);

/** The next block begins at `at`. */
export function startBlock(at: usize): void {
  blockStart = at;
  freshStart = at;
  memory.fill(SETTLED, 0, 4 * SYMBOLS);
  memory.fill(FRESH, 0, 4 * SYMBOLS);
  dropSequences(sequencesEnd());
  for (let i: u32 = 0; i < 16; i++) store<u32>(REACH + 4 * i, i === 3 ? 4096 : 32768);
  freshSequences = SEQUENCES;
  freshGranules = 0;
  settledCost = 0;
}

/** Called after every granule, with where the parse stands: ends the block before the fresh part if that is worth while. */
export function granuleParsed(at: usize): void {
  freshGranules++;
  if (blockStart === freshStart) {
    // Nothing to compare with yet.
    if (freshGranules >= FRESH_GRANULES) settle(at);
    return;
  }
  add(TOGETHER, SETTLED, FRESH);
  setReach();
  const together = cost(TOGETHER);
  const apart = settledCost + cost(FRESH) + HEADER_COST;
  if (apart < together || sequencesEnd() >= FULL) {
    writeBlock(blockStart, freshStart, SEQUENCES, freshSequences, SETTLED, false);
    dropSequences(freshSequences);
    freshSequences = SEQUENCES;
    blockStart = freshStart;
    memory.fill(SETTLED, 0, 4 * SYMBOLS);
  }
  if (freshGranules >= FRESH_GRANULES) settle(at);
}

/** Ends the block here. */
export function endBlock(at: usize, last: bool): void {
  add(SETTLED, SETTLED, FRESH);
  if (at > blockStart || last) writeBlock(blockStart, at, SEQUENCES, sequencesEnd(), SETTLED, last);
  startBlock(at);
}

function settle(at: usize): void {
  add(SETTLED, SETTLED, FRESH);
  memory.fill(FRESH, 0, 4 * SYMBOLS);
  settledCost = cost(SETTLED);
  freshStart = at;
  freshSequences = sequencesEnd();
  freshGranules = 0;
}

function add(sum: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < 4 * SYMBOLS; i += 16) v128.store(sum + i, i32x4.add(v128.load(a + i), v128.load(b + i)));
}

/** What the symbols cost in the best codes there are, without extra bits, which are the same in any block. */
function cost(counts: usize): u64 {
  return costOf(counts, LITERALS) + costOf(counts + 4 * LITERALS, DISTANCES);
}

function costOf(counts: usize, size: u32): u64 {
  let total: u32 = 0;
  let own: u64 = 0;
  for (let p = counts; p < counts + 4 * size; p += 4) {
    const n = load<u32>(p);
    total += n;
    own += <u64>n * log2(n);
  }
  return <u64>total * log2(total) - own;
}

export const REACH = memory.data(4 * 16, 16);

export function setReach(): void {
  let total: u32 = 0;
  let own: u64 = 0;
  let literals: u32 = 0;
  let matches: u32 = 0;
  for (let symbol: u32 = 0; symbol < LITERALS; symbol++) {
    const n = load<u32>(TOGETHER + 4 * symbol);
    total += n;
    if (symbol < 256) {
      own += <u64>n * log2(n);
      literals += n;
    } else {
      matches += n;
    }
  }
  if (literals < 64 || matches < 64) {
    for (let i: u32 = 0; i < 16; i++) store<u32>(REACH + 4 * i, i === 3 ? 4096 : 32768);
    return;
  }
  const literal = <i32>(log2(total)) - <i32>(own / literals);
  let ownd: u64 = 0;
  let dm: u32 = 0;
  for (let symbol: u32 = 0; symbol < DISTANCES; symbol++) {
    const n = load<u32>(TOGETHER + 4 * (LITERALS + symbol));
    ownd += <u64>n * log2(n);
    dm += n;
  }
  const distance = <i32>log2(dm) - <i32>(ownd / dm);
  for (let i: u32 = 3; i < 16; i++) {
    const len = <i32>log2(total) - <i32>log2(load<u32>(TOGETHER + 4 * (254 + min<u32>(i, 10))) + 1);
    const bits = (<i32>i * literal - len - distance) / 1024 + 1 + bias;
    store<u32>(REACH + 4 * i, bits < 0 ? 0 : bits >= 15 ? 32768 : 1 << (bits + 1));
  }
}
export let bias: i32 = 0;
