import type { SignatureTable } from "./signature-table.ts";

/** An odd multiplier (2^32 / golden ratio): the upper bits of its product with a weak sum depend on all bits of the sum. */
const MIX = 0x9e3779b1;

/** Slots for each block: enough that a search for what is not there ends after a few. */
const SLOTS_PER_BLOCK = 1.5;

/** Blocks for each word of the filter, at most. Measured on random data: 1 sum of 100 passes; 2 if a block sets two bits. */
const BLOCKS_PER_WORD = 2;

/**
 * No search goes over more slots. Blocks that find none within reach are left out, and are then only found as
 * successors of others: so a signature made to collide costs some size of a delta, not time without bound.
 * Measured: of a million random blocks 21 are left out.
 */
const MAX_PROBES = 64;

/** A bitmap in which every block has set three bits of one word, chosen by its weak sum. */
export interface WeakFilter {
  readonly words: Int32Array;
  /** 32 - log2 of the number of words, at most 31. */
  readonly shift: number;
}

/** Whether a block may have this weak sum. Small, so that it is compiled into the loops that slide a window. */
export function mayHave(words: Int32Array, shift: number, weak: number): boolean {
  const mixed = Math.imul(weak, MIX);
  const word = words[mixed >>> shift]!;
  return ((word >>> (mixed & 31)) & (word >>> ((mixed >>> 5) & 31)) & (word >>> ((mixed >>> 10) & 31)) & 1) !== 0;
}

/**
 * Finds the blocks of a signature by weak sum: a filter that says "no" to almost every sum, then a hash table with
 * linear probing. Of blocks with equal sums only the first is in it. 8 to 10 bytes a block beside the signature.
 */
export class BlockIndex {
  readonly filter: WeakFilter;
  #table: SignatureTable;
  /** How many blocks behind the table's first, + 1; or 0. */
  readonly #slots: Uint32Array;

  constructor(table: SignatureTable) {
    const bits = Math.ceil(Math.log2(Math.max(2, table.count / BLOCKS_PER_WORD)));
    const words = 2 ** bits;
    const slots = Math.ceil(table.count * SLOTS_PER_BLOCK) + 1;
    const { window } = table;
    this.filter = {
      words: window ? new Int32Array(window.filter.take(4 * words), 0, words) : new Int32Array(words),
      shift: 32 - bits,
    };
    this.#slots = window ? new Uint32Array(window.slots.take(4 * slots), 0, slots) : new Uint32Array(slots);
    this.#table = table;
    if (window) this.refill(table);
    else this.#insertAll();
  }

  /** Forgets its blocks for those of another table, which has no more of them; in the same memory. */
  refill(table: SignatureTable): void {
    this.#table = table;
    this.filter.words.fill(0);
    this.#slots.fill(0);
    this.#insertAll();
  }

  /** Whether a block has this weak sum. */
  has(weak: number): boolean {
    return this.#search(weak, undefined) >= 0;
  }

  /** The first block that has this weak sum and whose strong sum is a prefix of `digest`, or -1. */
  find(weak: number, digest: Uint8Array): number {
    return this.#search(weak, digest);
  }

  #search(weak: number, digest: Uint8Array | undefined): number {
    const slots = this.#slots;
    const table = this.#table;
    let slot = this.#home(weak);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const entry = slots[slot]!;
      if (entry === 0) return -1;
      const block = table.first + entry - 1;
      if (table.weakOf(block) === weak && (digest === undefined || table.strongIs(block, digest))) return block;
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
    return -1;
  }

  #insertAll(): void {
    for (let block = this.#table.first; block < this.#table.end; block++) this.#insert(block);
  }

  #insert(block: number): void {
    const { first } = this.#table;
    const weak = this.#table.weakOf(block);
    let slot = this.#home(weak);
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const entry = this.#slots[slot]!;
      if (entry === 0) {
        this.#slots[slot] = block - first + 1;
        const mixed = Math.imul(weak, MIX);
        this.filter.words[mixed >>> this.filter.shift]! |=
          (1 << (mixed & 31)) | (1 << ((mixed >>> 5) & 31)) | (1 << ((mixed >>> 10) & 31));
        return;
      }
      const other = first + entry - 1;
      if (this.#table.weakOf(other) === weak && this.#table.sameStrong(other, block)) return;
      slot = slot + 1 === this.#slots.length ? 0 : slot + 1;
    }
  }

  #home(weak: number): number {
    return Math.floor(((Math.imul(weak, MIX) >>> 0) / 2 ** 32) * this.#slots.length);
  }
}
