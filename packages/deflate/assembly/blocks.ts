import { DISTANCES, LITERALS, SYMBOLS } from "./alphabet";
import { writeBlock } from "./block-writer";
import { LOG2_BITS, log2 } from "./log2";
import { adaptReach, forgetReach } from "./reach";
import { dropSequences, FRESH, MOST_SEQUENCES, SEQUENCES, sequencesEnd } from "./sequences";

/**
 * Where blocks end. Codes of its own are worth it for a part when they save more than their description costs. So what was
 * parsed lately (FRESH) is compared at every granule with the block before it (SETTLED): what would both cost apart, what together,
 * by their entropy? After FRESH_GRANULES without a border it joins the block.
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
/** What a description of codes comes to: about 70 bytes. */
const HEADER_COST: u64 = 560 << LOG2_BITS;
/** Counts stay below 2^23 so. */
const LONGEST_BLOCK: usize = 1 << 20;
/** A granule makes up to 1366 sequences; so the next one always finds room. */
const FULL = SEQUENCES + 8 * (MOST_SEQUENCES - 2048);

/** The next block begins at `at`. */
export function startBlock(at: usize): void {
  blockStart = at;
  freshStart = at;
  memory.fill(SETTLED, 0, 4 * SYMBOLS);
  memory.fill(FRESH, 0, 4 * SYMBOLS);
  forgetReach();
  dropSequences(sequencesEnd());
  freshSequences = SEQUENCES;
  freshGranules = 0;
  settledCost = 0;
}

/** Called after every granule, with where the parse stands: ends the block before the fresh part if that is worth while. */
export function granuleParsed(at: usize): void {
  freshGranules++;
  add(TOGETHER, SETTLED, FRESH);
  adaptReach(TOGETHER);
  if (freshStart > blockStart && (isWorthDividing() || sequencesEnd() >= FULL || at - blockStart >= LONGEST_BLOCK)) {
    writeBlock(blockStart, freshStart, SEQUENCES, freshSequences, SETTLED, false);
    dropSequences(freshSequences);
    freshSequences = SEQUENCES;
    blockStart = freshStart;
    memory.fill(SETTLED, 0, 4 * SYMBOLS);
  }
  if (freshGranules >= FRESH_GRANULES) settle(at);
}

function isWorthDividing(): bool {
  return settledCost + cost(FRESH) + HEADER_COST < cost(TOGETHER);
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
