import { WEAK_LENGTH, type SignatureFormat } from "./formats.ts";
import type { SearchWindow } from "./search-window.ts";
import type { SignatureHeader } from "./signature-header.ts";

/**
 * A signature in memory, or a part of one: its records exactly as they were in the file, so 12 bytes a block for stock's
 * signatures. The length of the file it describes is not recorded in it; the last block may be short.
 */
export class SignatureTable {
  /** Which sums it has. */
  readonly format: SignatureFormat;
  /** Bytes of each block but the last, which may be shorter. */
  readonly blockLength: number;
  /** Bytes that are kept of each strong sum. */
  readonly strongLength: number;
  /** Number of blocks that are here. */
  readonly count: number;
  /** The first of them; blocks have the same numbers in every part. */
  readonly first: number;
  /** The block behind the last of them. */
  readonly end: number;
  /** Whether no part follows. */
  readonly isLast: boolean;
  /** @internal Where its records lie, and its index may, if not in memory of their own. */
  readonly window: SearchWindow | undefined;
  readonly #records: Uint8Array;
  readonly #recordLength: number;

  /** @internal Made by a SignatureParser. `records` holds at least `count` records, and does not change while they are searched. */
  constructor(header: SignatureHeader, records: Uint8Array, count: number, first = 0, isLast = true, window?: SearchWindow) {
    this.format = header.format;
    this.blockLength = header.blockLength;
    this.strongLength = header.strongLength;
    this.count = count;
    this.first = first;
    this.end = first + count;
    this.isLast = isLast;
    this.window = window;
    this.#records = records;
    this.#recordLength = WEAK_LENGTH + header.strongLength;
  }

  /** The weak sum of a block as a signed 32-bit integer. */
  weakOf(block: number): number {
    const at = (block - this.first) * this.#recordLength;
    const records = this.#records;
    return (records[at]! << 24) | (records[at + 1]! << 16) | (records[at + 2]! << 8) | records[at + 3]!;
  }

  /** Whether the strong sum of a block is a prefix of the digest that begins at `digests[from]`. */
  strongIs(block: number, digests: Uint8Array, from = 0): boolean {
    const at = (block - this.first) * this.#recordLength + WEAK_LENGTH;
    for (let i = 0; i < this.strongLength; i++) if (this.#records[at + i] !== digests[from + i]) return false;
    return true;
  }

  /** Whether the record of a block, weak and strong sum, is the one that begins at `records[from]`. */
  recordIs(block: number, records: Uint8Array, from: number): boolean {
    const at = (block - this.first) * this.#recordLength;
    for (let i = 0; i < this.#recordLength; i++) if (this.#records[at + i] !== records[from + i]) return false;
    return true;
  }

  /** Whether two blocks have the same strong sum. */
  sameStrong(a: number, b: number): boolean {
    const from = (a - this.first) * this.#recordLength + WEAK_LENGTH;
    const to = (b - this.first) * this.#recordLength + WEAK_LENGTH;
    for (let i = 0; i < this.strongLength; i++) if (this.#records[from + i] !== this.#records[to + i]) return false;
    return true;
  }
}
