import { SIGNATURE_HEADER_LENGTH, WEAK_LENGTH } from "./formats.ts";
import type { SearchWindow } from "./search-window.ts";
import { badSignature, readSignatureHeader, type SignatureHeader } from "./signature-header.ts";
import { SignatureTable } from "./signature-table.ts";

/** How much of a signature is held. */
export interface SignatureLimits {
  /**
   * Of a signature that does not fit only a part is held at a time: see {@link SignatureParser.moveTo}. By default there is no limit.
   * No other signature that is in this window, and no encoder for one, may be used from now on.
   */
  readonly window?: SearchWindow;
  /**
   * How long it is said to be, in bytes: so much is reserved at once, where growing would leave half of it behind as garbage
   * (measured on a file of 20 GB: 64 MB). It may be wrong; what is reserved and not filled is no memory yet. A window has its own.
   */
  readonly expectedBytes?: number;
}

/** A window of fewer blocks could not move by halves. */
const LEAST_WINDOW = 4;

/**
 * Reads a signature of any of the four formats as its bytes come in. Memory grows with what has come, up to the window.
 *
 * A signature that fits into the window is there as a whole when it is finished. A longer one is read as far as it fits; `table`
 * is then its first part, and whoever searches it calls `moveTo` as he goes on in the new file.
 */
export class SignatureParser {
  readonly #window: SearchWindow | undefined;
  readonly #expectedBytes: number;
  readonly #head = new Uint8Array(SIGNATURE_HEADER_LENGTH);
  #header: SignatureHeader | undefined;
  /** Bytes taken so far, header included. */
  #taken = 0;
  #records: Uint8Array = new Uint8Array(0);
  /** Bytes of #records that are filled. */
  #filled = 0;
  /** The block that #records begins with. */
  #first = 0;
  /** What has come, and does not fit into the window. */
  #ahead: Uint8Array = new Uint8Array(0);
  #finished = false;

  constructor(limits: SignatureLimits = {}) {
    this.#window = limits.window;
    this.#expectedBytes = limits.expectedBytes ?? 0;
  }

  /** Whether nothing more can be taken before the window moves. */
  get isFull(): boolean {
    return this.#ahead.length > 0;
  }

  /**
   * Not to be called when it is full. What does not fit is kept, not copied.
   * @throws rsync.bad-signature for an unknown magic or impossible lengths
   */
  update(chunk: Uint8Array): void {
    let body = chunk;
    if (this.#taken < SIGNATURE_HEADER_LENGTH) {
      const missing = chunk.subarray(0, SIGNATURE_HEADER_LENGTH - this.#taken);
      this.#head.set(missing, this.#taken);
      this.#taken += missing.length;
      if (this.#taken < SIGNATURE_HEADER_LENGTH) return;
      this.#header ??= readSignatureHeader(this.#head);
      body = chunk.subarray(missing.length);
    }
    this.#taken += body.length;
    this.#append(body);
  }

  /**
   * All of it has come, and {@link table} is its last part. To be called once, when it is not full.
   * @throws rsync.bad-signature when the header or the last record is cut off. Not for a record behind the first window: then
   *   the part before is in use, and what is left of the record is not there.
   */
  finish(): SignatureTable {
    this.#finished = true;
    if (this.#header === undefined) throw badSignature("it ends inside its header", this.#taken);
    if (this.#filled % this.#recordLength !== 0 && this.#first === 0) throw badSignature("it ends inside a record", this.#taken);
    // It grew by doubling; what is over would be kept as long as the table.
    if (!this.#window && this.#records.length > 1.25 * this.#filled) this.#records = this.#records.slice(0, this.#filled);
    return this.table;
  }

  /** The part that is held now, good until the window moves. @throws rsync.bad-signature before the header is complete */
  get table(): SignatureTable {
    if (this.#header === undefined) throw badSignature("it ends inside its header", this.#taken);
    const count = Math.floor(this.#filled / this.#recordLength);
    return new SignatureTable(this.#header, this.#records, count, this.#first, this.#finished, this.#window);
  }

  /**
   * Moves a full window on by its half when three quarters of it lie behind `position` in the new file. True if it has moved:
   * then more is to be fed, until it is full again or at the end, and it may have to move again. So blocks are found that have moved
   * by up to a quarter of what the window covers; and each block is put into an index no more than twice.
   */
  moveTo(position: number): boolean {
    if (!this.isFull || this.#header === undefined) return false;
    const count = this.#filled / this.#recordLength;
    if (position / this.#header.blockLength - this.#first < 0.75 * count) return false;
    const dropped = Math.floor(count / 2);
    this.#records.copyWithin(0, dropped * this.#recordLength, this.#filled);
    this.#filled -= dropped * this.#recordLength;
    this.#first += dropped;
    const ahead = this.#ahead;
    this.#ahead = new Uint8Array(0);
    this.#append(ahead);
    return true;
  }

  get #recordLength(): number {
    return WEAK_LENGTH + (this.#header?.strongLength ?? 0);
  }

  #append(body: Uint8Array): void {
    const windowBytes = this.#window?.bytes ?? Number.POSITIVE_INFINITY;
    const most = this.#recordLength * Math.max(LEAST_WINDOW, Math.floor(windowBytes / this.#recordLength));
    const part = body.subarray(0, most - this.#filled);
    const needed = this.#filled + part.length;
    if (this.#window && this.#records.length === 0) this.#records = new Uint8Array(this.#window.records.take(most));
    if (needed > this.#records.length) {
      const expected = this.#filled === 0 ? this.#expectedBytes - SIGNATURE_HEADER_LENGTH : 0;
      const grown = new Uint8Array(Math.min(most, Math.max(needed, 2 * this.#records.length, expected)));
      grown.set(this.#records.subarray(0, this.#filled));
      this.#records = grown;
    }
    this.#records.set(part, this.#filled);
    this.#filled = needed;
    this.#ahead = body.subarray(part.length);
  }
}

/** A signature that is in memory already. @throws rsync.bad-signature */
export function parseSignature(bytes: Uint8Array): SignatureTable {
  const parser = new SignatureParser({ expectedBytes: bytes.length });
  parser.update(bytes);
  return parser.finish();
}
