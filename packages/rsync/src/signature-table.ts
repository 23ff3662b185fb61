import { DoppelError } from "@doppel/base";
import {
  type FormatRow,
  MAX_BLOCK_LENGTH,
  rowOfMagic,
  SIGNATURE_HEADER_LENGTH,
  type SignatureFormat,
  WEAK_LENGTH,
} from "./formats.ts";

/**
 * A signature in memory: its records exactly as they were in the file, so 12 bytes a block for stock's signatures.
 * Immutable. The length of the file it describes is not recorded in it; the last block may be short.
 */
export class SignatureTable {
  readonly format: SignatureFormat;
  readonly blockLength: number;
  readonly strongLength: number;
  /** Number of blocks. */
  readonly count: number;
  readonly #records: Uint8Array;
  readonly #recordLength: number;

  /** @internal Made by {@link SignatureParser}. `records` holds at least `count` records, and does not change. */
  constructor(format: SignatureFormat, blockLength: number, strongLength: number, count: number, records: Uint8Array) {
    this.format = format;
    this.blockLength = blockLength;
    this.strongLength = strongLength;
    this.count = count;
    this.#records = records;
    this.#recordLength = WEAK_LENGTH + strongLength;
  }

  /** The weak sum of a block as a signed 32-bit integer. */
  weakOf(block: number): number {
    const at = block * this.#recordLength;
    const records = this.#records;
    return (records[at]! << 24) | (records[at + 1]! << 16) | (records[at + 2]! << 8) | records[at + 3]!;
  }

  /** Whether the strong sum of a block is a prefix of the digest that begins at `digests[from]`. */
  strongIs(block: number, digests: Uint8Array, from = 0): boolean {
    const at = block * this.#recordLength + WEAK_LENGTH;
    for (let i = 0; i < this.strongLength; i++) if (this.#records[at + i] !== digests[from + i]) return false;
    return true;
  }

  /** Whether the record of a block, weak and strong sum, is the one that begins at `records[from]`. */
  recordIs(block: number, records: Uint8Array, from: number): boolean {
    const at = block * this.#recordLength;
    for (let i = 0; i < this.#recordLength; i++) if (this.#records[at + i] !== records[from + i]) return false;
    return true;
  }

  /** Whether two blocks have the same strong sum. */
  sameStrong(a: number, b: number): boolean {
    const from = a * this.#recordLength + WEAK_LENGTH;
    const to = b * this.#recordLength + WEAK_LENGTH;
    for (let i = 0; i < this.strongLength; i++) if (this.#records[from + i] !== this.#records[to + i]) return false;
    return true;
  }
}

export interface SignatureLimits {
  /** More blocks than this are refused. The default, 2^26, is a file of 128 GiB in stock's blocks and 0.8 GB of memory. */
  readonly maxBlocks?: number;
  /**
   * How long it is said to be, in bytes: so much is reserved at once, where growing would leave half of it behind as garbage
   * (measured on a file of 20 GB: 64 MB). It may be wrong; what is reserved and not filled is no memory yet.
   */
  readonly expectedBytes?: number;
}

const DEFAULT_MAX_BLOCKS = 2 ** 26;

/** Reads a signature of any of the four formats as its bytes come in. Memory grows with what has come, nothing else. */
export class SignatureParser {
  readonly #header = new Uint8Array(SIGNATURE_HEADER_LENGTH);
  readonly #maxBlocks: number;
  readonly #expectedBytes: number;
  #row: FormatRow | undefined;
  #blockLength = 0;
  #strongLength = 0;
  #records: Uint8Array = new Uint8Array(0);
  /** Bytes taken so far, header included. */
  #taken = 0;

  constructor(limits: SignatureLimits = {}) {
    this.#maxBlocks = limits.maxBlocks ?? DEFAULT_MAX_BLOCKS;
    this.#expectedBytes = limits.expectedBytes ?? 0;
  }

  /** @throws rsync.bad-signature for an unknown magic, impossible lengths, or more blocks than the limit. */
  update(chunk: Uint8Array): void {
    let body = chunk;
    if (this.#taken < SIGNATURE_HEADER_LENGTH) {
      const missing = chunk.subarray(0, SIGNATURE_HEADER_LENGTH - this.#taken);
      this.#header.set(missing, this.#taken);
      this.#taken += missing.length;
      if (this.#taken < SIGNATURE_HEADER_LENGTH) return;
      if (this.#row === undefined) this.#readHeader();
      body = chunk.subarray(missing.length);
    }
    this.#append(body);
  }

  /** @throws rsync.bad-signature when the header or the last record is cut off. */
  finish(): SignatureTable {
    if (this.#row === undefined) throw this.#bad("it ends inside its header");
    const recordLength = WEAK_LENGTH + this.#strongLength;
    const length = this.#taken - SIGNATURE_HEADER_LENGTH;
    if (length % recordLength !== 0) throw this.#bad("it ends inside a record");
    // It grew by doubling; what is over would be kept as long as the table.
    const records = this.#records.length > 1.25 * length ? this.#records.slice(0, length) : this.#records;
    return new SignatureTable(this.#row.format, this.#blockLength, this.#strongLength, length / recordLength, records);
  }

  #readHeader(): void {
    const view = new DataView(this.#header.buffer);
    const magic = view.getUint32(0);
    this.#blockLength = view.getUint32(4);
    this.#strongLength = view.getUint32(8);
    const row = rowOfMagic(magic);
    if (row === undefined) throw this.#bad(`its magic number 0x${magic.toString(16).padStart(8, "0")} is unknown`, 0);
    if (this.#blockLength < 1 || this.#blockLength > MAX_BLOCK_LENGTH) {
      throw this.#bad(`its block length ${this.#blockLength} is not within 1 to ${MAX_BLOCK_LENGTH}`, 4);
    }
    if (this.#strongLength < 1 || this.#strongLength > row.maxStrongLength) {
      throw this.#bad(`its strong sum length ${this.#strongLength} is not within 1 to ${row.maxStrongLength}`, 8);
    }
    this.#row = row;
  }

  #append(body: Uint8Array): void {
    const length = this.#taken - SIGNATURE_HEADER_LENGTH;
    const needed = length + body.length;
    const most = this.#maxBlocks * (WEAK_LENGTH + this.#strongLength);
    if (needed > most) {
      throw this.#bad(`it has more than ${this.#maxBlocks} blocks; the file can be stored whole instead`);
    }
    if (needed > this.#records.length) {
      const expected = length === 0 ? Math.min(most, this.#expectedBytes - SIGNATURE_HEADER_LENGTH) : 0;
      const grown = new Uint8Array(Math.max(needed, 2 * this.#records.length, expected));
      grown.set(this.#records.subarray(0, length));
      this.#records = grown;
    }
    this.#records.set(body, length);
    this.#taken += body.length;
  }

  #bad(reason: string, offset = this.#taken): DoppelError<"rsync.bad-signature"> {
    return new DoppelError("rsync.bad-signature", `The signature cannot be used: ${reason}.`, { reason, offset });
  }
}

/** A signature that is in memory already. @throws rsync.bad-signature */
export function parseSignature(bytes: Uint8Array, limits?: SignatureLimits): SignatureTable {
  const parser = new SignatureParser(limits);
  parser.update(bytes);
  return parser.finish();
}
