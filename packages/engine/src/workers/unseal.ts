import type { Worker } from "node:worker_threads";
import type { ByteStream } from "@doppel/base";
import { revive } from "./errors.ts";
import { Mailbox } from "./mailbox.ts";
import { spawnWorker } from "./spawn.ts";
import type { SealedFile, UnsealReply, UnsealRequest } from "./unseal-protocol.ts";

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

  /** @throws volume.damaged, openpgp.* as `unseal` */
  async *unseal(file: SealedFile, onWarning: (text: string) => void): ByteStream {
    for (let reply = await this.#ask({ task: "unseal", file }); reply.kind !== "done"; reply = await this.#answer()) {
      if (reply.kind === "warning") onWarning(reply.text);
      if (reply.kind !== "chunk") continue;
      yield reply.bytes;
      this.#worker.postMessage({ task: "more" } satisfies UnsealRequest);
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
