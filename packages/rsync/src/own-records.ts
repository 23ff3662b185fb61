import { rowOfMagic, SIGNATURE_HEADER_LENGTH, WEAK_LENGTH } from "./formats.ts";
import type { SignatureTable } from "./signature-table.ts";

/**
 * The records of the new file's own signature, as its builder gives them out, while the delta's search may still need them.
 * Where blocks of both files line up, comparing records says what comparing sums anew would say.
 */
export class OwnRecords {
  #table: SignatureTable;
  readonly #recordLength: number;
  /** Whether the two signatures have the same format and lengths; undefined before the header. */
  #comparable: boolean | undefined;
  /** One memory for all that comes: what is made for each chunk stays for thousands of them, before it is collected. */
  #records: Uint8Array = new Uint8Array(0);
  /** Bytes of #records that are filled. */
  #filled = 0;
  /** The block that #records begins with. */
  #first = 0;

  constructor(table: SignatureTable) {
    this.#table = table;
    this.#recordLength = WEAK_LENGTH + table.strongLength;
  }

  /** Compares with another part of the same signature from now on. */
  moveTo(table: SignatureTable): void {
    this.#table = table;
  }

  /** Takes what the builder gave out, the header at first, and forgets the blocks before `from`. */
  add(bytes: Uint8Array, from: number): void {
    let records = bytes;
    if (this.#comparable === undefined && bytes.length > 0) {
      this.#comparable = this.#isComparable(bytes);
      records = bytes.subarray(SIGNATURE_HEADER_LENGTH);
    }
    if (this.#comparable !== true) return;
    const dropped = Math.min(Math.max(0, from - this.#first), this.#count);
    const kept = this.#filled - dropped * this.#recordLength;
    this.#records.copyWithin(0, this.#filled - kept, this.#filled);
    this.#filled = kept;
    if (kept + records.length > this.#records.length) {
      const grown = new Uint8Array(kept + 2 * records.length);
      grown.set(this.#records.subarray(0, kept));
      this.#records = grown;
    }
    this.#records.set(records, kept);
    this.#filled += records.length;
    this.#first += dropped;
  }

  /** How many records there are from `block` on; 0 also when they cannot be compared. */
  countFrom(block: number): number {
    return block < this.#first ? 0 : Math.max(0, this.#first + this.#count - block);
  }

  /** How many blocks from `block` on equal those of the old file from `old` on; at most `most`, which are there in both. */
  equalFrom(block: number, old: number, most: number): number {
    let equal = 0;
    while (equal < most && this.#table.recordIs(old + equal, this.#records, (block - this.#first + equal) * this.#recordLength)) {
      equal++;
    }
    return equal;
  }

  get #count(): number {
    return this.#filled / this.#recordLength;
  }

  #isComparable(header: Uint8Array): boolean {
    const view = new DataView(header.buffer, header.byteOffset, SIGNATURE_HEADER_LENGTH);
    const { format, blockLength, strongLength } = this.#table;
    return (
      rowOfMagic(view.getUint32(0))?.format === format && view.getUint32(4) === blockLength && view.getUint32(8) === strongLength
    );
  }
}
