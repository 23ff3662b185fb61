import type { CompressedPiece, CompressReply, CompressRequest, CompressWorkerInput } from "./compress-protocol.ts";
import { revive } from "./errors.ts";
import { spawnWorker } from "./spawn.ts";

interface Pending {
  readonly resolve: (piece: CompressedPiece) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that compresses pieces, one after the other. */
export class CompressWorker {
  readonly #worker;
  readonly #pending: Pending[] = [];
  /** Why it is no more. */
  #crash: { readonly error: unknown } | undefined;

  /** @param capacity bytes of the largest piece */
  constructor(capacity: number) {
    this.#worker = spawnWorker("compress-worker", { capacity } satisfies CompressWorkerInput);
    this.#worker.on("message", (reply: CompressReply) => {
      const piece = this.#pending.shift();
      if ("slot" in reply) piece?.resolve(reply);
      else piece?.reject(revive(reply));
    });
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", () => this.#end(new Error("the compressing thread ended without a word")));
  }

  /** Pieces it has not done yet. */
  get pieces(): number {
    return this.#pending.length;
  }

  /** Takes the slot, and resolves to it. @throws the thread's error, and the slot is gone; after the thread has ended, always */
  compress(request: CompressRequest): Promise<CompressedPiece> {
    if (this.#crash) return Promise.reject(this.#crash.error);
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(request, [request.slot.buffer]);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #end(error: unknown): void {
    this.#crash ??= { error };
    for (const { reject } of this.#pending.splice(0)) reject(this.#crash.error);
  }
}
