/** Bytes of slots and filter for each byte of stock's records, at most: what is reserved and not used is no memory yet. */
const INDEX_BYTES = 6 / 12;
const FILTER_BYTES = 4 / 12;

/**
 * How much of a signature is held at a time, and the memory for it and for its index. It is for one signature after another, and the
 * next one ends the use of the last: what would be dropped with each instead stays until it is collected (measured for
 * long files that follow each other: 75 MB).
 */
export class SearchWindow {
  /** Of records. The index takes 8 to 10 bytes more for each block. */
  readonly bytes: number;
  /** @internal */
  readonly records: Recycled;
  /** @internal */
  readonly slots: Recycled;
  /** @internal */
  readonly filter: Recycled;

  constructor(bytes: number) {
    this.bytes = bytes;
    this.records = new Recycled(bytes);
    this.slots = new Recycled(bytes * INDEX_BYTES);
    this.filter = new Recycled(bytes * FILTER_BYTES);
  }
}

class Recycled {
  readonly #reserve: number;
  #memory = new ArrayBuffer(0);

  constructor(reserve: number) {
    this.#reserve = Math.ceil(reserve);
  }

  /** Memory of at least so many bytes; what lies in it is of the use before. */
  take(bytes: number): ArrayBuffer {
    if (this.#memory.byteLength < bytes) this.#memory = new ArrayBuffer(Math.max(bytes, this.#reserve));
    return this.#memory;
  }
}
