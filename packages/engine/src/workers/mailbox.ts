import type { Worker } from "node:worker_threads";

/** What a worker says, in order. */
export class Mailbox<Message> {
  readonly #queue: Message[] = [];
  #wake = (): void => {};
  #crash: unknown;

  /** @param name of the worker, for the message when it ends unasked */
  constructor(worker: Worker, name: string) {
    worker.on("message", (message: Message) => {
      this.#queue.push(message);
      this.#wake();
    });
    worker.on("error", (error) => {
      this.#crash = error;
      this.#wake();
    });
    worker.on("exit", () => {
      this.#crash ??= new Error(`the ${name} ended without a word`);
      this.#wake();
    });
  }

  /** The next message. @throws what `signal` gives as reason; the worker's uncaught error, or that it ended */
  async next(signal: AbortSignal): Promise<Message> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener("abort", onAbort);
    try {
      for (;;) {
        signal.throwIfAborted();
        const message = this.#queue.shift();
        if (message !== undefined) return message;
        if (this.#crash !== undefined) throw this.#crash;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
