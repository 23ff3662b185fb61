import type { Worker } from "node:worker_threads";
import type { PathEntry } from "@doppel/base";
import type { FileCrew, FileOutcome, FilePlace } from "@doppel/tree";
import { copyShared } from "./copy-shared.ts";
import { spawnWorker } from "./spawn.ts";
import type { WriteBatch, WriteOrder, WriteReply, WriteWorkerInput } from "./write-protocol.ts";

/** A message to a thread that sleeps costs up to 0.4 ms: so the content of many small files goes in one. */
const SLOT_BYTES = 1 << 20;
/** Filled in turn and used again and again: memory that is new for every MiB costs more than copying into it. */
const SLOTS_PER_WRITER = 3;
/** Files of a batch, so that empty ones are not held back. */
const MOST_ORDERS = 512;
/** From so much on a batch ends with its directory. */
const ENOUGH = SLOT_BYTES / 2;
/** Batches that wait for a thread before another one helps it with its directory. */
const PATIENCE = 2;
/** Chunks are not larger than a slot, so one fits when this many are free. */
const ROOM = 2;

type Done = (outcome: FileOutcome) => void;

interface WriterThread {
  readonly worker: Worker;
  /** Batches that it has not replied to, oldest first. */
  readonly slots: Uint8Array<SharedArrayBuffer>[];
  /** Of files whose outcome is not known, oldest first. */
  readonly waiting: Done[];
}

/** Threads that write files, each file in one of them. Disposing ends them wherever they are. */
export class WriterThreads implements FileCrew, AsyncDisposable {
  readonly #threads: readonly WriterThread[];
  readonly #free: Uint8Array<SharedArrayBuffer>[];
  /** What the batch that is being made holds, in its orders and in its slot. */
  #orders: WriteOrder[] = [];
  #slot: Uint8Array<SharedArrayBuffer>;
  #filled = 0;
  /** The one that writes the file in hand, once part of it was sent. */
  #bound: WriterThread | undefined;
  /** Files begun in the batch that is being made. */
  #begun: Done[] = [];
  #inFile = false;
  /** Of the file that was begun last, and of the first one in the batch that is being made. */
  #directory = "";
  #firstDirectory = "";
  /** Who got the last batch, and the directory that it ended in. */
  #last: { readonly thread: WriterThread; readonly directory: string } | undefined;
  #crash: { readonly error: unknown } | undefined;
  #wake = (): void => {};

  constructor(threads: number, input: WriteWorkerInput) {
    this.#free = Array.from({ length: threads * SLOTS_PER_WRITER }, newSlot);
    this.#slot = newSlot();
    this.#threads = Array.from({ length: threads }, () => this.#start(input));
  }

  begin(place: FilePlace, entry: PathEntry, done: Done): void {
    const directory = place.name.slice(0, place.name.lastIndexOf("/"));
    const ends = this.#orders.length >= MOST_ORDERS || (this.#filled >= ENOUGH && directory !== this.#directory);
    if (this.#bound === undefined && ends) this.#send();
    if (this.#orders.length === 0) this.#firstDirectory = directory;
    this.#directory = directory;
    this.#begun.push(done);
    this.#orders.push({ kind: "begin", place, entry });
    this.#inFile = true;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === SLOT_BYTES) this.#send();
      const from = this.#filled;
      const to = Math.min(SLOT_BYTES, from + bytes.length - at);
      copyShared(this.#slot, from, bytes.subarray(at, at + to - from));
      // One write(2) for what comes in several chunks: it is cheaper, and makes larger pages.
      const last = this.#orders.at(-1);
      if (last?.kind === "write") this.#orders[this.#orders.length - 1] = { ...last, to };
      else this.#orders.push({ kind: "write", from, to });
      this.#filled = to;
      at += to - from;
    }
  }

  end(): void {
    this.#close({ kind: "end" });
  }

  abort(): void {
    this.#close({ kind: "abort" });
  }

  room(): Promise<void> | undefined {
    return this.#free.length < ROOM || this.#crash ? this.#until(() => this.#free.length >= ROOM) : undefined;
  }

  drain(): Promise<void> | undefined {
    if (this.#orders.length > 0) this.#send();
    return this.#until(() => this.#threads.every(({ slots }) => slots.length === 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { worker } of this.#threads) worker.removeAllListeners();
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(input: WriteWorkerInput): WriterThread {
    const worker = spawnWorker("write-worker", input);
    const thread: WriterThread = { worker, slots: [], waiting: [] };
    worker.on("message", ({ outcomes }: WriteReply) => {
      this.#free.push(thread.slots.shift()!);
      for (const outcome of outcomes) thread.waiting.shift()!(outcome);
      this.#wake();
    });
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", () => this.#fail(new Error("a writer thread ended without a word")));
    return thread;
  }

  #fail(error: unknown): void {
    this.#crash ??= { error };
    this.#wake();
  }

  async #until(done: () => boolean): Promise<void> {
    for (;;) {
      if (this.#crash) throw this.#crash.error;
      if (done()) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #close(order: WriteOrder): void {
    this.#orders.push(order);
    this.#inFile = false;
    if (this.#bound !== undefined) this.#send(); // whoever is free takes what follows
  }

  #send(): void {
    const thread = this.#bound ?? this.#neighbour() ?? this.#idlest();
    thread.slots.push(this.#slot);
    thread.waiting.push(...this.#begun);
    thread.worker.postMessage({ slot: this.#slot, orders: this.#orders } satisfies WriteBatch);
    this.#slot = this.#free.pop() ?? newSlot();
    this.#bound = this.#inFile ? thread : undefined;
    this.#last = { thread, directory: this.#directory };
    this.#firstDirectory = this.#directory;
    this.#begun = [];
    this.#orders = [];
    this.#filled = 0;
  }

  /** Whoever is at work in a directory keeps all others out of it: names in it are made one at a time (rwsem of ext4, measured 0.16 ms for a link). */
  #neighbour(): WriterThread | undefined {
    const last = this.#last;
    return last?.directory === this.#firstDirectory && last.thread.slots.length < PATIENCE ? last.thread : undefined;
  }

  #idlest(): WriterThread {
    return this.#threads.reduce((best, thread) => (thread.slots.length < best.slots.length ? thread : best));
  }
}

function newSlot(): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(SLOT_BYTES));
}
