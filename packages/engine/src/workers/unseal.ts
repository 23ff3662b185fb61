import type { Worker } from "node:worker_threads";
import type { ByteStream } from "@doppel/base";
import { revive } from "./errors.ts";
import { Mailbox } from "./mailbox.ts";
import { spawnWorker } from "./spawn.ts";
import {
  CHUNK_BYTES,
  CHUNKS_AT_ONCE,
  CHUNKS_IN_FLIGHT,
  type SealedFile,
  type UnsealReply,
  type UnsealRequest,
} from "./unseal-protocol.ts";

/** One checks the next volume while the other unseals this one. */
const MOST_WORKERS = 2;

/** Threads that check and unseal volumes. They start when they are first needed. */
export class UnsealWorkers implements AsyncDisposable {
  readonly #signal: AbortSignal;
  readonly #all = new Set<UnsealWorker>();
  readonly #free: UnsealWorker[] = [];

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** A worker of one's own until it is released; undefined when all are busy: do it in this thread then. */
  take(): UnsealWorker | undefined {
    const free = this.#free.pop();
    if (free || this.#all.size === MOST_WORKERS) return free;
    const worker = new UnsealWorker(this.#signal);
    this.#all.add(worker);
    return worker;
  }

  /** Gives a worker back. One that was left in the middle of something is ended, so that it reads no file any longer. */
  async release(worker: UnsealWorker): Promise<void> {
    if (!worker.busy) {
      this.#free.push(worker);
      return;
    }
    this.#all.delete(worker);
    await worker.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.end()));
  }
}

/** Serves one request at a time. Errors are the same as in this thread; an abort leaves it busy. */
export class UnsealWorker {
  readonly #worker: Worker = spawnWorker("unseal-worker", {});
  readonly #mailbox = new Mailbox<UnsealReply>(this.#worker, "unseal worker");
  readonly #signal: AbortSignal;
  readonly #slots = Array.from({ length: CHUNKS_IN_FLIGHT }, () => new Uint8Array(new SharedArrayBuffer(CHUNK_BYTES)));
  #busy = false;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** The hash of the file's bytes in lower-case hex; `algorithm` as node:crypto names it. */
  async digest(file: SealedFile, algorithm: string): Promise<string> {
    const reply = await this.#ask({ task: "digest", file, algorithm });
    if (reply.kind !== "digest") throw new Error(`unexpected answer of the unseal worker: ${reply.kind}`);
    return reply.hex;
  }

  /** @throws volume.damaged, openpgp.* as `authenticate` */
  async authenticate(file: SealedFile): Promise<void> {
    await this.#ask({ task: "authenticate", file });
  }

  /** Each chunk is valid until the next is asked for. @throws volume.damaged, openpgp.* as `unseal` */
  async *unseal(file: SealedFile, onWarning: (text: string) => void): ByteStream {
    let taken = 0;
    const slots = this.#slots;
    for (let reply = await this.#ask({ task: "unseal", file, slots }); reply.kind !== "done"; reply = await this.#answer()) {
      if (reply.kind === "warning") onWarning(reply.text);
      if (reply.kind !== "chunk") continue;
      yield slots[taken % slots.length]!.subarray(0, reply.length);
      if (++taken % CHUNKS_AT_ONCE === 0) this.#worker.postMessage({ task: "more" } satisfies UnsealRequest);
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(request: UnsealRequest): Promise<UnsealReply> {
    if (this.#busy) throw new Error("the unseal worker serves one request at a time");
    this.#busy = true;
    this.#worker.postMessage(request);
    return this.#answer();
  }

  async #answer(): Promise<UnsealReply> {
    const reply = await this.#mailbox.next(this.#signal);
    if (reply.kind !== "chunk" && reply.kind !== "warning") this.#busy = false;
    if (reply.kind === "failed") throw revive(reply.error);
    return reply;
  }
}
