import { BlockIndex } from "./block-index.ts";
import { MAX_LITERAL } from "./delta-commands.ts";
import { DeltaWriter } from "./delta-writer.ts";
import { rowOfFormat } from "./formats.ts";
import { OwnRecords } from "./own-records.ts";
import type { RollingWindow, WeakSum } from "./rolling-window.ts";
import type { SignatureTable } from "./signature-table.ts";
import type { StrongSum, StrongSums } from "./strong-sum.ts";
import { WEAK_SUMS } from "./weak-sums.ts";

/**
 * Makes the delta from the file a signature describes to the bytes it is fed. Holds one block, the literals not yet
 * written and the index of the signature, whatever the length of either file. The bytes of the delta do not depend on how
 * the input is cut; those of literals are always copied.
 */
export interface DeltaEncoder {
  /**
   * Takes bytes of the new file, and returns chunks of the delta that are ready; often none. They are the caller's.
   * @param records what a SignatureBuilder returned for the same chunk, if the new file's signature is made as well, and
   *   then for every chunk: where the blocks of both files line up, sums are made once for both. The delta is the same.
   */
  update(chunk: Uint8Array, records?: Uint8Array): Uint8Array[];
  /**
   * Searches in this part of the same signature from now on, which has no more blocks than the first one. What is in other parts
   * is not found: the delta is as right, and longer. The part before may be changed then.
   */
  searchIn(part: SignatureTable): void;
  /** Returns the rest of the delta, its end included. Nothing may follow. */
  finish(): Uint8Array[];
}

/**
 * Measured, MB per CPU second on one busy core, 64 MB, block lengths 512 and 2048 (rdiff 2.3.2 in the same minute): an
 * equal file 413 and 527 (337 and 450), zeros 309, a file with nothing in common 73 and 107 (28 and 34). Signature
 * and delta of 700 MB with 300 edits, in blocks of 2048, reading included: 0.8 CPU s with records, 2.0 without (rdiff 2.5).
 */
export function encodeDelta(signature: SignatureTable, strongSums: StrongSums): DeltaEncoder {
  const row = rowOfFormat(signature.format);
  return new Encoder(signature, WEAK_SUMS[row.weak].of, WEAK_SUMS[row.weak].window(), strongSums[row.strong]);
}

/** A signature with longer blocks than this is not searched, so that its header cannot make us hold gigabytes. */
const MAX_WINDOW = 16 * 1024 * 1024;

/** Room for new input beside literals and window: the longer, the rarer is the move to the front. */
const SLACK = 256 * 1024;

/**
 * Bytes that may be hashed in vain for each byte of input, beyond a first allowance. A weak sum is easily met on purpose
 * at every position, and then each would cost a whole block's hash. Honest input stays far below.
 */
const MAX_WASTE_PER_BYTE = 16;
const WASTE_ALLOWANCE = 1024 * 1024;

/** Blocks that are hashed at once while the files agree: enough for the vectors, few enough to be wrong about. */
const RUN = 16;

class Encoder implements DeltaEncoder {
  #signature: SignatureTable;
  readonly #blockLength: number;
  readonly #index: BlockIndex;
  readonly #weakOf: WeakSum;
  readonly #window: RollingWindow;
  readonly #strong: StrongSum;
  readonly #writer = new DeltaWriter();
  readonly #searchable: boolean;
  readonly #own: OwnRecords;

  // #bytes[#literal..#at) goes into a literal, #bytes[#at..#end) is still to be searched.
  #bytes: Uint8Array = new Uint8Array(0);
  #literal = 0;
  #at = 0;
  #end = 0;

  /** Whether #window is at #at; after a match it has to begin anew. */
  #sliding = false;
  /** The block after the last match; at first, and when there was none, the first. */
  #expected = 0;
  /** Position in the input of #bytes[0]. */
  #origin = 0;
  #wasted = 0;

  constructor(signature: SignatureTable, weakOf: WeakSum, window: RollingWindow, strong: StrongSum) {
    this.#signature = signature;
    this.#blockLength = signature.blockLength;
    this.#weakOf = weakOf;
    this.#window = window;
    this.#strong = strong;
    this.#index = new BlockIndex(signature);
    this.#own = new OwnRecords(signature);
    this.#searchable = signature.count > 0 && signature.blockLength <= MAX_WINDOW;
  }

  update(chunk: Uint8Array, records?: Uint8Array): Uint8Array[] {
    if (records) this.#own.add(records, Math.floor((this.#origin + this.#at) / this.#blockLength));
    for (let from = 0; from < chunk.length; ) {
      this.#makeRoom(chunk.length - from);
      const taken = Math.min(chunk.length - from, this.#bytes.length - this.#end);
      this.#bytes.set(chunk.subarray(from, from + taken), this.#end);
      this.#end += taken;
      from += taken;
      if (this.#searchable) this.#search();
      else this.#at = this.#end;
      this.#writeLiterals(false);
    }
    return this.#writer.take();
  }

  searchIn(part: SignatureTable): void {
    this.#signature = part;
    this.#index.refill(part);
    this.#own.moveTo(part);
  }

  finish(): Uint8Array[] {
    if (this.#searchable) this.#searchTail();
    this.#at = this.#end;
    this.#writeLiterals(true);
    return this.#writer.finish();
  }

  /** Searches as far as whole windows with a byte after them go, so that every window can slide on. */
  #search(): void {
    const length = this.#blockLength;
    const limit = this.#end - length;
    while (this.#at < limit) {
      if (!this.#sliding) {
        if (this.#matchRun(limit)) continue;
        this.#window.start(this.#bytes, this.#at, length);
        this.#sliding = true;
      }
      this.#at = this.#window.seek(this.#bytes, this.#at, limit, this.#index.filter);
      if (this.#at === limit) return;
      const block = this.#find();
      if (block >= 0) {
        this.#match(block, length);
      } else {
        this.#window.roll(this.#bytes, this.#at);
        this.#at++;
      }
    }
  }

  /** Whether the next blocks are those of the basis that follow the last match: where files agree, they are. */
  #matchRun(limit: number): boolean {
    const length = this.#blockLength;
    const first = this.#expected;
    if (first < this.#signature.first) return false;
    const block = (this.#origin + this.#at) / length;
    const known = Number.isInteger(block) ? this.#own.countFrom(block) : 0;
    if (known > 0) {
      const within = Math.min(known, this.#signature.end - first, Math.ceil((limit - this.#at) / length));
      const equal = this.#own.equalFrom(block, first, within);
      if (equal > 0) this.#match(first, equal * length);
      return equal > 0;
    }
    const most = Math.min(RUN, this.#signature.end - first, Math.ceil((limit - this.#at) / length));
    let alike = 0;
    for (let at = this.#at; alike < most; alike++, at += length) {
      if (this.#weakOf(this.#bytes, at, at + length) !== this.#signature.weakOf(first + alike)) break;
    }
    if (alike === 0 || this.#overspent()) return false;
    const digests = this.#strong.many(this.#bytes, this.#at, length, alike);
    let equal = 0;
    while (equal < alike && this.#signature.strongIs(first + equal, digests, equal * this.#strong.length)) equal++;
    if (equal > 0) this.#match(first, equal * length);
    else this.#wasted += length; // the same whatever `alike` is: that depends on how the input is cut
    return equal > 0;
  }

  /** The last whole window, then ever shorter ones, which only the last block can equal: it alone may be short. */
  #searchTail(): void {
    let length = Math.min(this.#blockLength, this.#end - this.#at);
    if (length === 0) return;
    if (!this.#sliding) this.#window.start(this.#bytes, this.#at, length);
    if (length === this.#blockLength) {
      const block = this.#isBlock(this.#expected, length) ? this.#expected : this.#find();
      if (block >= 0) return this.#match(block, length);
    }
    if (!this.#signature.isLast) return;
    for (const last = this.#signature.end - 1; length > 0; length--) {
      if (this.#isBlock(last, length)) return this.#match(last, length);
      this.#window.shrink(this.#bytes, this.#at);
      this.#at++;
    }
  }

  /** Whether the window, of this length, has both sums of the block. */
  #isBlock(block: number, length: number): boolean {
    const { first, end } = this.#signature;
    if (block < first || block >= end || this.#signature.weakOf(block) !== this.#window.digest()) return false;
    if (this.#overspent()) return false;
    if (this.#signature.strongIs(block, this.#strong.one(this.#bytes, this.#at, this.#at + length))) return true;
    this.#wasted += length;
    return false;
  }

  /** The block that equals the whole window, or -1. */
  #find(): number {
    const weak = this.#window.digest();
    if (this.#overspent() || !this.#index.has(weak)) return -1;
    const block = this.#index.find(weak, this.#strong.one(this.#bytes, this.#at, this.#at + this.#blockLength));
    if (block < 0) this.#wasted += this.#blockLength;
    return block;
  }

  #overspent(): boolean {
    return this.#wasted > WASTE_ALLOWANCE + MAX_WASTE_PER_BYTE * (this.#origin + this.#at);
  }

  #match(block: number, length: number): void {
    this.#writeLiterals(true);
    this.#writer.copy(block * this.#blockLength, length);
    this.#at += length;
    this.#literal = this.#at;
    this.#expected = block + Math.ceil(length / this.#blockLength);
    this.#sliding = false;
  }

  /** Writes literals of the full size, and the rest if `all`. */
  #writeLiterals(all: boolean): void {
    while (this.#at - this.#literal >= MAX_LITERAL) {
      this.#writer.literal(this.#bytes, this.#literal, this.#literal + MAX_LITERAL);
      this.#literal += MAX_LITERAL;
    }
    if (!all) return;
    this.#writer.literal(this.#bytes, this.#literal, this.#at);
    this.#literal = this.#at;
  }

  /** Makes room for at least one byte, for `wanted` if that is within the bounds. */
  #makeRoom(wanted: number): void {
    const held = this.#end - this.#literal;
    const most = MAX_LITERAL + (this.#searchable ? this.#blockLength + Math.max(SLACK, this.#blockLength) : SLACK);
    const size = Math.min(most, held + wanted);
    if (size <= this.#bytes.length && this.#end < this.#bytes.length) return;
    const target =
      size <= this.#bytes.length ? this.#bytes : new Uint8Array(Math.min(most, Math.max(size, 2 * this.#bytes.length)));
    target.set(this.#bytes.subarray(this.#literal, this.#end));
    this.#bytes = target;
    this.#origin += this.#literal;
    this.#at -= this.#literal;
    this.#end -= this.#literal;
    this.#literal = 0;
  }
}
