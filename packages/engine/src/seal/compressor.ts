import { type Deflater, loadDeflater } from "@doppel/deflate";
import { AskedWorker } from "../workers/asked.ts";
import type { CompressedPiece, CompressRequest, CompressWorkerInput } from "../workers/compress-protocol.ts";
import { deflateSlot } from "./deflate-slot.ts";

/** Plain bytes of the largest piece. */
const LARGEST_PIECE = 1 << 20;

/** What does not compress grows a little: 5 bytes for each 16 KiB, and for each change between compressed and stored parts. */
const SLOT_BYTES = LARGEST_PIECE + (1 << 16);

/** Pieces a thread may have: one in work, and one that it finds when that is done, because waking up costs up to 0.4 ms. */
const PIECES_EACH = 2;

/** Pieces that are compressed already and wait for their turn to be encrypted and written. */
const PIECES_BEHIND = 2;

/**
 * Memory of one piece, first as it is and then compressed. It is handed to a thread and back, not shared: V8 copies shared memory byte by
 * byte where source and target are not aligned alike, as behind the headers of packets (measured: 1.3 GB/s, else 30).
 */
export type Slot = Uint8Array<ArrayBuffer>;

type CompressWorker = AskedWorker<CompressRequest, CompressedPiece>;

/**
 * Compresses the pieces of all objects of a run, in `threads` threads or, when that is 1, in this one. Threads start when
 * the first full pieces come, so small objects never start one. Memory is used again and again: fresh memory costs 1 to 4 ms
 * for each MiB, a good part of what compressing it takes.
 */
export class Compressor implements AsyncDisposable {
  readonly #threads: number;
  readonly #workers: CompressWorker[] = [];
  readonly #free: Slot[] = [];
  #here: Promise<Deflater> | undefined;
  #inWork = 0;
  #waiting: (() => void)[] = [];

  /** @param threads at least 1 */
  constructor(threads: number) {
    this.#threads = threads;
  }

  /** Memory for a piece, until `give`. As many as there are objects being written, and those in work. */
  take(): Slot {
    return this.#free.pop() ?? new Uint8Array(SLOT_BYTES);
  }

  give(slot: Slot): void {
    this.#free.push(slot);
  }

  /**
   * Compresses the first `length` bytes of `slot`, which is the compressor's until this resolves. The piece counts as in work until
   * `done` is called.
   */
  async compress(piece: CompressRequest): Promise<CompressedPiece> {
    this.#inWork++;
    const worker = piece.level === 0 ? undefined : this.#worker(piece.last);
    if (worker) return worker.ask(piece, [piece.slot.buffer]);
    this.#here ??= loadDeflater(LARGEST_PIECE);
    return deflateSlot(await this.#here, piece);
  }

  /** A piece that stays as it is, which counts as in work all the same. */
  async pass(piece: CompressedPiece): Promise<CompressedPiece> {
    this.#inWork++;
    return piece;
  }

  done(): void {
    this.#inWork--;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves when another piece may be put to work. */
  async room(): Promise<void> {
    const most = this.#threads * PIECES_EACH + PIECES_BEHIND;
    while (this.#inWork >= most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** To be called when nothing is in work any more, or nobody waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }

  /** The one with least to do. A last piece is small, most of the time, and no reason to start one. */
  #worker(last: boolean): CompressWorker | undefined {
    if (this.#threads === 1) return undefined;
    const idlest = this.#workers.toSorted((a, b) => a.waiting - b.waiting)[0];
    if (this.#workers.length === this.#threads || idlest?.waiting === 0 || last) return idlest;
    const input: CompressWorkerInput = { capacity: LARGEST_PIECE };
    const worker: CompressWorker = new AskedWorker("compress-worker", input);
    this.#workers.push(worker);
    return worker;
  }
}
