import type { Transferable, Worker } from "node:worker_threads";
import { revive, type SerialisedError } from "./errors.ts";
import type { WorkerName } from "./names.ts";
import { spawnWorker } from "./spawn.ts";

/** What such a thread answers, in the order of the requests. */
export type Answer<Value> = { readonly value: Value } | { readonly error: SerialisedError };

interface Pending<Value> {
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread that answers requests, one after the other. */
export class AskedWorker<Request, Value> {
  readonly #worker: Worker;
  readonly #pending: Pending<Value>[] = [];
  /** Why it is no more. */
  #crash: { readonly error: unknown } | undefined;

  constructor(name: WorkerName, data: object) {
    this.#worker = spawnWorker(name, data);
    this.#worker.on("message", (answer: Answer<Value>) => {
      const request = this.#pending.shift();
      if ("error" in answer) request?.reject(revive(answer.error));
      else request?.resolve(answer.value);
    });
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", () => this.#end(new Error(`the ${name} ended without a word`)));
  }

  /** Requests it has not answered yet. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** @param memory goes along with the request. @throws the thread's error; after it has ended, always */
  ask(request: Request, memory: readonly Transferable[] = []): Promise<Value> {
    if (this.#crash) return Promise.reject(this.#crash.error);
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(request, memory);
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
