import * as alphabet from "./alphabet";
import { DISTANCES, END_OF_BLOCK, LITERALS, LONGEST, SHORTEST, SYMBOLS } from "./alphabet";
import * as bits from "./bit-writer";
import { codeLengths, codesOf } from "./code-lengths";
import { describeCodes, descriptionBits, writeDescription } from "./code-description";
import { distanceOf, distanceSymbolOf, lengthOf, literalsOf } from "./sequences";
import { storedBits, writeStored } from "./stored";

const LENGTHS = memory.data(SYMBOLS, 16);
const CODES = memory.data(4 * SYMBOLS, 16);
const FIXED_LENGTHS = memory.data(SYMBOLS, 16);
const FIXED_CODES = memory.data(4 * SYMBOLS, 16);
/** By length: its symbol's code with the extra bits behind it, as `bits << 32 | code`. */
const MATCH_CODES = memory.data(8 * (LONGEST + 1), 16);

/** RFC 1951 3.2.6. */
export function prepareFixedCodes(): void {
  memory.fill(FIXED_LENGTHS, 8, 144);
  memory.fill(FIXED_LENGTHS + 144, 9, 112);
  memory.fill(FIXED_LENGTHS + 256, 7, 24);
  memory.fill(FIXED_LENGTHS + 280, 8, 8);
  memory.fill(FIXED_LENGTHS + LITERALS, 5, DISTANCES);
  codesOf(FIXED_LENGTHS, LITERALS, FIXED_CODES);
  codesOf(FIXED_LENGTHS + LITERALS, DISTANCES, FIXED_CODES + 4 * LITERALS);
}

/** Writes the input [from, to), parsed into these sequences with these counts of symbols, in the shortest of the three ways. */
export function writeBlock(from: usize, to: usize, sequences: usize, sequencesEnd: usize, counts: usize, last: bool): void {
  store<u32>(counts + 4 * END_OF_BLOCK, 1);
  codeLengths(counts, LITERALS, 15, LENGTHS);
  codeLengths(counts + 4 * LITERALS, DISTANCES, 15, LENGTHS + LITERALS);
  describeCodes(LENGTHS);
  const own = descriptionBits() + symbolBits(counts, LENGTHS);
  const fixed = symbolBits(counts, FIXED_LENGTHS);
  const extra = extraBits(counts);
  const isFixed = fixed <= own;
  if (storedBits(to - from) <= 3 + extra + (isFixed ? fixed : own)) return writeStored(from, to, last);
  bits.putBits(last ? 1 : 0, 1);
  if (isFixed) {
    bits.putBits(1, 2);
    writeSymbols(from, sequences, sequencesEnd, FIXED_CODES);
  } else {
    bits.putBits(2, 2);
    writeDescription();
    codesOf(LENGTHS, LITERALS, CODES);
    codesOf(LENGTHS + LITERALS, DISTANCES, CODES + 4 * LITERALS);
    writeSymbols(from, sequences, sequencesEnd, CODES);
  }
}

function symbolBits(counts: usize, lengths: usize): u32 {
  let sum: u32 = 0;
  for (let symbol: u32 = 0; symbol < SYMBOLS; symbol++) sum += load<u32>(counts + 4 * symbol) * load<u8>(lengths + symbol);
  return sum;
}

function extraBits(counts: usize): u32 {
  let sum: u32 = 0;
  for (let symbol: u32 = 257; symbol < 286; symbol++) {
    sum += load<u32>(counts + 4 * symbol) * alphabet.lengthExtraBits(symbol);
  }
  for (let symbol: u32 = 0; symbol < DISTANCES; symbol++) {
    sum += load<u32>(counts + 4 * (LITERALS + symbol)) * alphabet.distanceExtraBits(symbol);
  }
  return sum;
}

function prepareMatchCodes(codes: usize): void {
  for (let length = SHORTEST; length <= LONGEST; length++) {
    const symbol = alphabet.lengthSymbol(length);
    const code = load<u32>(codes + 4 * symbol);
    const size = code >> 16;
    const all = (code & 0xffff) | (alphabet.lengthExtra(length) << size);
    store<u64>(MATCH_CODES + 8 * length, (<u64>(size + alphabet.lengthExtraBits(symbol)) << 32) | all);
  }
}

/** Of the byte at `p`; no bits unless it is `wanted`. */
@inline
function literalCode(codes: usize, p: usize, wanted: bool): u32 {
  return select<u32>(load<u32>(codes + 4 * <usize>load<u8>(p)), 0, wanted);
}

/**
 * Up to 7 bits are pending between codes. Three literals are at most 45 bits, a match 20 + 28: either fits into 64 with them, and is
 * written by one store. Literals always go by three, so that there is nothing to guess about the last ones.
 */
function writeSymbols(from: usize, sequences: usize, sequencesEnd: usize, codes: usize): void {
  prepareMatchCodes(codes);
  let out = bits.writtenTo();
  let pending = bits.pendingBits();
  let count: u32 = bits.pendingCount();
  let p = from;
  for (let next = sequences; next < sequencesEnd; next += 8) {
    const sequence = load<u64>(next);
    for (let left = literalsOf(sequence); ; left -= 3) {
      let code = literalCode(codes, p, left > 0);
      pending |= <u64>(code & 0xffff) << count;
      count += code >> 16;
      code = literalCode(codes, p + 1, left > 1);
      pending |= <u64>(code & 0xffff) << count;
      count += code >> 16;
      code = literalCode(codes, p + 2, left > 2);
      pending |= <u64>(code & 0xffff) << count;
      count += code >> 16;
      store<u64>(out, pending);
      out += count >> 3;
      pending >>= count & 56;
      count &= 7;
      if (left <= 3) {
        p += left;
        break;
      }
      p += 3;
    }
    const length = lengthOf(sequence);
    if (length === 0) continue;
    p += length;
    const match = load<u64>(MATCH_CODES + 8 * length);
    pending |= (match & 0xffffffff) << count;
    count += <u32>(match >> 32);
    const symbol = distanceSymbolOf(sequence);
    const code = load<u32>(codes + 4 * (LITERALS + symbol));
    pending |= <u64>(code & 0xffff) << count;
    count += code >> 16;
    const extra = alphabet.distanceExtraBits(symbol);
    pending |= <u64>(distanceOf(sequence) & ((1 << extra) - 1)) << count;
    count += extra;
    store<u64>(out, pending);
    out += count >> 3;
    pending >>= count & 56;
    count &= 7;
  }
  bits.continueWriting(out, pending, count);
  const end = load<u32>(codes + 4 * END_OF_BLOCK);
  bits.putBits(end & 0xffff, end >> 16);
}
