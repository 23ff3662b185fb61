import { DoppelError, type Runtime } from "@doppel/base";
import type { JobEvent } from "./events.ts";
import type { JobOptions } from "./options.ts";
import { badArgument, kindOf } from "./paths.ts";
import { beginJob } from "./runtime.ts";

/** The jobs of one target: each has its own signal and listeners. */
export class Jobs {
  readonly #target: string;
  readonly #onEvent: ((event: JobEvent) => void) | undefined;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  /** Begun and not ended. */
  readonly #iterations = new Set<AsyncGenerator>();

  constructor(target: string, onEvent: ((event: JobEvent) => void) | undefined) {
    this.#target = target;
    this.#onEvent = onEvent;
  }

  /** @throws run.aborted, api.closed, and what `work` throws */
  async run<T>(options: JobOptions, work: (runtime: Runtime) => Promise<T>): Promise<T> {
    using run = this.#begin(options, []);
    const job = work(run.runtime);
    this.#track(job);
    try {
      return await job;
    } catch (reason) {
      throw run.error(reason);
    }
  }

  /** Each iteration is a job of its own, from its first step to its end. */
  iterate<T>(options: JobOptions, work: (runtime: Runtime) => AsyncGenerator<T>): AsyncIterable<T> {
    return { [Symbol.asyncIterator]: () => this.#iterator(this.#iteration(options, work)) };
  }

  /** One that was ended by {@link close} says so: as its end, what was read of a file by then would be taken for all of it. */
  #iterator<T>(steps: AsyncGenerator<T>): AsyncIterator<T> {
    const iterations = this.#iterations;
    let isOver = false;
    const step = async (go: () => Promise<IteratorResult<T>>): Promise<IteratorResult<T>> => {
      if (!isOver && this.#closing.signal.aborted && iterations.has(steps)) throw this.#closing.signal.reason;
      iterations.add(steps);
      try {
        const result = await go();
        isOver = result.done === true;
        return result;
      } catch (error) {
        isOver = true;
        throw error;
      } finally {
        if (isOver) iterations.delete(steps);
      }
    };
    return {
      next: () => step(() => steps.next()),
      async return() {
        iterations.delete(steps);
        return steps.return(undefined);
      },
    };
  }

  async *#iteration<T>(options: JobOptions, work: (runtime: Runtime) => AsyncGenerator<T>): AsyncGenerator<T> {
    using run = this.#begin(options, [this.#closing.signal]);
    const { signal } = run.runtime;
    try {
      for await (const item of work(run.runtime)) {
        signal.throwIfAborted();
        yield item;
        signal.throwIfAborted();
      }
    } catch (reason) {
      throw run.error(reason);
    }
  }

  /**
   * Waits for the jobs under way: who leaves the scope of a target before its job has ended means to have it done. What is iterated over is
   * ended, because nobody may ever go on with it. @returns whether this call was the one that closed
   */
  async close(): Promise<boolean> {
    const isFirst = !this.#closing.signal.aborted;
    this.#closing.abort(new DoppelError("run.aborted", `${this.#target} was closed while it was read`, {}));
    // One that waits to be asked for more ends here; one that works, by its signal.
    await Promise.allSettled([...this.#running, ...[...this.#iterations].map((steps) => steps.return(undefined))]);
    return isFirst;
  }

  #begin(options: JobOptions, ending: readonly AbortSignal[]) {
    if (this.#closing.signal.aborted)
      throw new DoppelError("api.closed", `${this.#target} has been closed; open it again`, { target: this.#target });
    const given: unknown = options;
    if (typeof given !== "object" || given === null) throw badArgument("options", `an object, not ${kindOf(given)}`);
    const { signal, onEvent } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw badArgument("options.signal", `an AbortSignal, not ${kindOf(signal)}`);
    const run = beginJob([...ending, ...(signal ? [signal] : [])], onEvent ?? this.#onEvent);
    if (!run.runtime.signal.aborted) return run;
    run[Symbol.dispose]();
    throw run.error(run.runtime.signal.reason);
  }

  #track(job: Promise<unknown>): void {
    this.#running.add(job);
    const forget = (): void => void this.#running.delete(job);
    job.then(forget, forget);
  }
}
