import { DoppelError, type Runtime } from "@doppel/base";
import type { JobEvent } from "./events.ts";
import type { JobOptions } from "./options.ts";
import { badArgument, kindOf } from "./paths.ts";
import { beginJob } from "./runtime.ts";

/** The jobs of one target: each has its own signal and listeners; all end when the target is closed. */
export class Jobs {
  readonly #target: string;
  readonly #onEvent: ((event: JobEvent) => void) | undefined;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(target: string, onEvent: ((event: JobEvent) => void) | undefined) {
    this.#target = target;
    this.#onEvent = onEvent;
  }

  /** @throws run.aborted, api.closed, and what `work` throws */
  async run<T>(options: JobOptions, work: (runtime: Runtime) => Promise<T>): Promise<T> {
    const { runtime, error } = this.#begin(options);
    const job = work(runtime);
    this.#track(job);
    try {
      return await job;
    } catch (reason) {
      throw error(reason);
    }
  }

  /** Each iteration is a job of its own, from its first step to its end. */
  iterate<T>(options: JobOptions, work: (runtime: Runtime) => AsyncGenerator<T>): AsyncIterable<T> {
    return { [Symbol.asyncIterator]: () => this.#iteration(options, work) };
  }

  async *#iteration<T>(options: JobOptions, work: (runtime: Runtime) => AsyncGenerator<T>): AsyncGenerator<T> {
    const { runtime, error } = this.#begin(options);
    let end = (): void => {};
    this.#track(new Promise<void>((resolve) => (end = resolve)));
    try {
      for await (const item of work(runtime)) {
        runtime.signal.throwIfAborted();
        yield item;
        runtime.signal.throwIfAborted();
      }
    } catch (reason) {
      throw error(reason);
    } finally {
      end();
    }
  }

  /** Whether this call was the one that closed. */
  async close(): Promise<boolean> {
    if (this.#closing.signal.aborted) {
      await Promise.allSettled(this.#running);
      return false;
    }
    this.#closing.abort(
      new DoppelError("run.aborted", `${this.#target} was closed while the job ran; nothing complete was changed`, {}),
    );
    await Promise.allSettled(this.#running);
    return true;
  }

  #begin(options: JobOptions) {
    if (this.#closing.signal.aborted)
      throw new DoppelError("api.closed", `${this.#target} has been closed; open it again`, { target: this.#target });
    const given: unknown = options;
    if (typeof given !== "object" || given === null) throw badArgument("options", `an object, not ${kindOf(given)}`);
    const { signal, onEvent } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw badArgument("options.signal", `an AbortSignal, not ${kindOf(signal)}`);
    const run = beginJob([this.#closing.signal, ...(signal ? [signal] : [])], onEvent ?? this.#onEvent);
    if (run.runtime.signal.aborted) throw run.error(run.runtime.signal.reason);
    return run;
  }

  #track(job: Promise<unknown>): void {
    this.#running.add(job);
    const forget = (): void => void this.#running.delete(job);
    job.then(forget, forget);
  }
}
