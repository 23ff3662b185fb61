import { concatBytes } from "@doppel/base";
import { badMessage } from "./fault.ts";

/**
 * Decompresses one bzip2 stream: algorithm 3 of compressed data packets, which node:zlib does not have. A push core.
 *
 * A block says nothing about its compressed size but has a largest one, so blocks are decoded only while that much input
 * (or all of it) is at hand, and decoding never has to stop in the middle. Memory: MAX_BLOCK of input, 4 MB of tables.
 */
export class Bzip2Decoder {
  #input: Uint8Array[] = [];
  #inputLength = 0;
  /** Bits of the first byte of input that are used up. */
  #bitOffset = 0;
  #maxSize = 0;
  #combined = 0;
  #ended = false;

  /** Bytes decoded so far, in chunks that the caller owns. Consume it before the next call. Input after the stream is ignored. */
  *update(bytes: Uint8Array): Generator<Uint8Array> {
    if (this.#ended) return;
    this.#input.push(bytes);
    this.#inputLength += bytes.length;
    if (this.#inputLength >= 2 * MAX_BLOCK) yield* this.#decode(MAX_BLOCK);
  }

  /** The rest. @throws DoppelError openpgp.bad-message (compression) when data is damaged or missing. */
  *finish(): Generator<Uint8Array> {
    if (!this.#ended) yield* this.#decode(0);
    if (!this.#ended) throw damaged("ends too early");
  }

  /** Decodes blocks while more than `reserve` bytes of input are left. */
  *#decode(reserve: number): Generator<Uint8Array> {
    const input = concatBytes(this.#input);
    const bits = new BitReader(input, this.#bitOffset);
    if (this.#maxSize === 0) {
      const level = bits.read(24) === 0x425a68 ? bits.read(8) - 0x30 : 0;
      if (level < 1 || level > 9) throw damaged("is not bzip2");
      this.#maxSize = level * 100_000;
    }
    while (!this.#ended && bits.left > reserve) {
      const magic = bits.read(24) * 2 ** 24 + bits.read(24);
      const expected = bits.read32();
      if (magic === END_MAGIC) {
        if (expected !== this.#combined >>> 0) throw damaged("has a wrong checksum");
        this.#ended = true;
      } else if (magic === BLOCK_MAGIC) {
        const crc = yield* decodeBlock(bits, this.#maxSize);
        if (crc !== expected) throw damaged("has a wrong checksum");
        this.#combined = ((this.#combined << 1) | (this.#combined >>> 31)) ^ crc;
      } else {
        throw damaged("has a damaged block");
      }
    }
    const rest = this.#ended ? new Uint8Array(0) : input.slice(bits.byteOffset);
    this.#input = [rest];
    this.#inputLength = rest.length;
    this.#bitOffset = bits.bitOffset;
  }
}

const BLOCK_MAGIC = 0x314159265359;
const END_MAGIC = 0x177245385090;
/** More than 900,050 symbols of at most 20 bits with all tables and selectors take. */
const MAX_BLOCK = 2_400_000;
const MAX_CODE = 20;
const RUN_A = 0;
const RUN_B = 1;
const OUT_CHUNK = 256 * 1024;

/** One block, from after its checksum; returns the checksum of what it yielded. */
function* decodeBlock(bits: BitReader, maxSize: number): Generator<Uint8Array, number> {
  if (bits.read(1) === 1) throw damaged("uses randomisation, which no bzip2 since 1997 writes");
  const origin = bits.read(24);
  const symbols = readSymbols(bits);
  const tables = bits.read(3);
  const selectorCount = bits.read(15);
  if (symbols.length === 0 || tables < 2 || tables > 6 || selectorCount === 0) throw damaged("has a damaged block");
  const selectors = readSelectors(bits, selectorCount, tables);
  const codes = Array.from({ length: tables }, () => readCode(bits, symbols.length + 2));

  // Move-to-front and run lengths give the last column of the sorted rotations.
  const column = new Uint32Array(maxSize);
  const counts = new Uint32Array(256);
  const endOfBlock = symbols.length + 1;
  let size = 0;
  let run = 0;
  let runUnit = 1;
  for (let group = 0, inGroup = 0, code = codes[selectors[0]!]!; ; inGroup++) {
    if (inGroup === 50) {
      inGroup = 0;
      group++;
      if (group >= selectorCount) throw damaged("has a damaged block");
      code = codes[selectors[group]!]!;
    }
    const symbol = code.read(bits);
    if (symbol === RUN_A || symbol === RUN_B) {
      run += runUnit << symbol;
      runUnit <<= 1;
      if (run > maxSize) throw damaged("has a damaged block");
      continue;
    }
    if (run > 0) {
      const byte = symbols[0]!;
      if (size + run > maxSize) throw damaged("has a damaged block");
      column.fill(byte, size, size + run);
      counts[byte]! += run;
      size += run;
      run = 0;
      runUnit = 1;
    }
    if (symbol === endOfBlock) break;
    if (size >= maxSize) throw damaged("has a damaged block");
    const byte = symbols[symbol - 1]!;
    symbols.copyWithin(1, 0, symbol - 1);
    symbols[0] = byte;
    column[size++] = byte;
    counts[byte]!++;
  }
  if (origin >= size) throw damaged("has a damaged block");
  return yield* expandRuns(invert(column, size, counts), origin, size);
}

/** Undoes the Burrows-Wheeler transform in place: the low byte of an element is its byte, the rest the index of the next. */
function invert(column: Uint32Array, size: number, counts: Uint32Array): Uint32Array {
  const starts = new Uint32Array(256);
  for (let byte = 1; byte < 256; byte++) starts[byte] = starts[byte - 1]! + counts[byte - 1]!;
  for (let i = 0; i < size; i++) column[starts[column[i]! & 0xff]!++]! |= i << 8;
  return column;
}

/** Undoes the first run-length coding (four equal bytes are followed by a count). */
function* expandRuns(chain: Uint32Array, origin: number, size: number): Generator<Uint8Array, number> {
  let crc = 0xffffffff;
  let out = new Uint8Array(OUT_CHUNK);
  let at = 0;
  let last = -1;
  let repeats = 0;
  let next = chain[origin]! >>> 8;
  for (let i = 0; i < size; i++) {
    const element = chain[next]!;
    next = element >>> 8;
    const byte = element & 0xff;
    let times = 1;
    let value = byte;
    if (repeats === 4) {
      times = byte;
      value = last;
      repeats = 0;
      last = -1;
    } else {
      repeats = byte === last ? repeats + 1 : 1;
      last = byte;
    }
    for (let k = 0; k < times; k++) {
      out[at++] = value;
      crc = (crc << 8) ^ CRC32[(crc >>> 24) ^ value]!;
    }
    if (at > OUT_CHUNK - 256) {
      yield out.subarray(0, at);
      out = new Uint8Array(OUT_CHUNK);
      at = 0;
    }
  }
  if (at > 0) yield out.subarray(0, at);
  return ~crc >>> 0;
}

/** The bytes that occur in a block, ascending. */
function readSymbols(bits: BitReader): Uint8Array {
  const used: number[] = [];
  const ranges = bits.read(16);
  for (let i = 0; i < 16; i++) {
    if ((ranges & (0x8000 >> i)) === 0) continue;
    const range = bits.read(16);
    for (let k = 0; k < 16; k++) if ((range & (0x8000 >> k)) !== 0) used.push(i * 16 + k);
  }
  return Uint8Array.from(used);
}

/** Which code table each group of 50 symbols uses. */
function readSelectors(bits: BitReader, count: number, tables: number): Uint8Array {
  const order = [0, 1, 2, 3, 4, 5].slice(0, tables);
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let place = 0;
    while (bits.read(1) === 1) if (++place >= tables) throw damaged("has a damaged block");
    const [table] = order.splice(place, 1);
    order.unshift(table!);
    selectors[i] = table!;
  }
  return selectors;
}

function readCode(bits: BitReader, symbolCount: number): HuffmanCode {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let i = 0; i < symbolCount; i++) {
    while (bits.read(1) === 1) length += bits.read(1) === 0 ? 1 : -1;
    if (length < 1 || length > MAX_CODE) throw damaged("has a damaged block");
    lengths[i] = length;
  }
  return new HuffmanCode(lengths);
}

/** A canonical code: symbols in the order of their lengths, and for each length where its codes end. */
class HuffmanCode {
  readonly #limit = new Int32Array(MAX_CODE + 2);
  readonly #offset = new Int32Array(MAX_CODE + 2);
  readonly #sorted: Uint16Array;
  readonly #shortest: number;

  constructor(lengths: Uint8Array) {
    this.#sorted = Uint16Array.from(Array.from(lengths.keys()).sort((a, b) => lengths[a]! - lengths[b]! || a - b));
    this.#shortest = Math.min(...lengths);
    let code = 0;
    let index = 0;
    for (let length = 1; length <= MAX_CODE; length++) {
      const count = lengths.reduce((sum, each) => sum + (each === length ? 1 : 0), 0);
      this.#offset[length] = index - code;
      code += count;
      index += count;
      this.#limit[length] = code;
      code <<= 1;
    }
  }

  read(bits: BitReader): number {
    let length = this.#shortest;
    let code = bits.read(length);
    while (code >= this.#limit[length]!) {
      if (++length > MAX_CODE) throw damaged("has a damaged block");
      code = (code << 1) | bits.read(1);
    }
    const symbol = this.#sorted[code + this.#offset[length]!];
    if (symbol === undefined) throw damaged("has a damaged block");
    return symbol;
  }
}

/** Bits, the highest of a byte first. */
class BitReader {
  readonly #bytes: Uint8Array;
  #next = 0;
  #held = 0;
  #heldBits = 0;

  /** Begins after `skip` (0 to 7) bits of the first byte. */
  constructor(bytes: Uint8Array, skip: number) {
    this.#bytes = bytes;
    if (skip > 0) this.read(skip);
  }

  /** `count` bits, at most 24. */
  read(count: number): number {
    while (this.#heldBits < count) {
      if (this.#next >= this.#bytes.length) throw damaged("ends too early");
      this.#held = ((this.#held & 0xffffff) << 8) | this.#bytes[this.#next++]!;
      this.#heldBits += 8;
    }
    this.#heldBits -= count;
    return (this.#held >>> this.#heldBits) & ((1 << count) - 1);
  }

  read32(): number {
    return this.read(16) * 0x10000 + this.read(16);
  }

  /** Whole bytes not yet touched. */
  get left(): number {
    return this.#bytes.length - this.#next;
  }

  /** The byte that holds the next bit, and how many of its bits are used up. */
  get byteOffset(): number {
    return this.#next - Math.ceil(this.#heldBits / 8);
  }

  get bitOffset(): number {
    return (8 - (this.#heldBits % 8)) % 8;
  }
}

const CRC32 = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});

function damaged(how: string): Error {
  return badMessage("compression", `holds bzip2 data that ${how}`);
}
