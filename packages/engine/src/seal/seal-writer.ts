import { createHash } from "node:crypto";
import type { Payload } from "@doppel/base";
import type { IndexedVolume } from "@doppel/format";
import { deflatePiece } from "./deflate/piece.ts";
import type { Framing } from "./framing.ts";
import type { Permits } from "./permits.ts";
import { Spool, type SpoolOptions } from "./spool.ts";

export interface SealWriterOptions {
  readonly framing: Framing;
  readonly level: number;
  /** Plain bytes of one piece. Larger pieces compress a little better, smaller ones follow the volume size more closely. */
  readonly pieceBytes: number;
  /** Shared by all writers of a run: how many pieces may be in work at once. */
  readonly permits: Permits;
  readonly spool: SpoolOptions;
}

/** A finished object: ready to be stored, as often as it takes. Whoever receives it disposes of it. */
export interface SealedObject extends AsyncDisposable {
  readonly body: Payload;
  /** Lower-case hex over the stored bytes. */
  readonly sha1: string;
  readonly sha256: string;
  /** Its pieces, each of which can be read without those before it. */
  readonly pieces: Omit<IndexedVolume, "number">;
}

/**
 * Seals one object: frames plain bytes, compresses them in independent pieces on all cores, wraps the pieces in order,
 * hashes and spools the result. `write` resolves when there is room, which is the backpressure of the whole backup.
 */
export class SealWriter {
  readonly #options: SealWriterOptions;
  readonly #spool: Spool;
  readonly #sha1 = createHash("sha1");
  readonly #sha256 = createHash("sha256");
  #piece: Uint8Array;
  #fill = 0;
  #tail: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #plainBytes = 0;
  /** Bytes of the pieces that are compressed (plain bytes and a little framing), and what became of them. */
  #workedBytes = 0;
  #compressedBytes = 0;
  /** Bytes of each piece as it was stored. */
  readonly #pieceSizes: number[] = [];

  constructor(options: SealWriterOptions) {
    this.#options = options;
    this.#spool = new Spool(options.spool);
    this.#piece = Buffer.allocUnsafeSlow(options.pieceBytes);
    this.#chain(() => this.#emit(options.framing.open()));
  }

  /** Plain bytes taken so far. */
  get plainBytes(): number {
    return this.#plainBytes;
  }

  /** What the object would come to if it were finished now: sealed bytes, and those in work at the ratio seen so far. */
  get estimatedBytes(): number {
    const ratio = this.#workedBytes > 0 ? this.#compressedBytes / this.#workedBytes : 1;
    const estimate = this.#compressedBytes + Math.max(0, this.#plainBytes - this.#workedBytes) * ratio;
    return Math.max(estimate, this.#spool.size); // the framing holds bytes back on both sides, so the spool lags until the end
  }

  /** Copies `plain` into pieces. Not concurrent. @throws the first failure of any earlier piece */
  async write(plain: Uint8Array): Promise<void> {
    this.#plainBytes += plain.length;
    const { framing } = this.#options;
    await this.#fillPieces(framing.inner(plain));
    await framing.ready?.();
  }

  /** Waits for what is in work. The pieces that are complete by now, and how they lie; what was not, and is to come, lies behind them. */
  async completePieces(): Promise<SealedObject["pieces"]> {
    await this.#tail;
    this.#check();
    const pieces = [...this.#pieceSizes];
    return { tarBytes: this.#plainBytes, pieceBytes: this.#piece.length, pieces, layout: this.#options.framing.layout() };
  }

  /** Ends the object. On failure nothing is left to dispose of. */
  async finish(): Promise<SealedObject> {
    try {
      await this.#fillPieces(await this.#options.framing.innerEnd());
      await this.#submit(true);
      this.#chain(() => this.#emit(this.#options.framing.outerEnd()));
      await this.#tail;
      this.#check();
    } catch (error) {
      await this.discard();
      throw error;
    }
    const spool = this.#spool;
    return {
      body: spool,
      sha1: this.#sha1.digest("hex"),
      sha256: this.#sha256.digest("hex"),
      pieces: {
        tarBytes: this.#plainBytes,
        pieceBytes: this.#options.pieceBytes,
        pieces: this.#pieceSizes,
        layout: this.#options.framing.layout(),
      },
      [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose](),
    };
  }

  /** Gives the object up; whatever is in work ends first. */
  async discard(): Promise<void> {
    this.#failure ??= { error: new Error("discarded") };
    this.#options.framing.discard?.();
    await this.#tail;
    await this.#spool[Symbol.asyncDispose]();
  }

  async #fillPieces(chunks: readonly Uint8Array[]): Promise<void> {
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const room = Math.min(this.#piece.length - this.#fill, chunk.length - at);
        this.#piece.set(chunk.subarray(at, at + room), this.#fill);
        this.#fill += room;
        at += room;
        if (this.#fill === this.#piece.length) await this.#submit(false);
      }
    }
  }

  async #submit(last: boolean): Promise<void> {
    this.#check();
    const piece = this.#piece.subarray(0, this.#fill);
    if (!last) this.#piece = Buffer.allocUnsafeSlow(this.#options.pieceBytes);
    this.#fill = 0;
    const { framing, level, permits } = this.#options;
    const release = await permits.acquire();
    const work = framing.compress ? deflatePiece(piece, level, last) : Promise.resolve(piece);
    // Handled below, in order; without this a later piece that fails first would count as unhandled.
    work.catch(() => {});
    this.#chain(async () => {
      try {
        const compressed = await work;
        this.#workedBytes += piece.length;
        this.#compressedBytes += compressed.length;
        this.#pieceSizes.push(compressed.length);
        await this.#emit(framing.outer(compressed));
      } finally {
        release();
      }
    });
  }

  /** Runs steps one after the other; after a failure the rest only release what they hold. */
  #chain(step: () => Promise<void>): void {
    this.#tail = this.#tail.then(async () => {
      try {
        await step();
      } catch (error) {
        this.#failure ??= { error };
      }
    });
  }

  async #emit(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#failure) return;
    for (const chunk of chunks) {
      this.#sha1.update(chunk);
      this.#sha256.update(chunk);
      await this.#spool.append(chunk);
    }
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
