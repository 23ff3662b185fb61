import { type ByteStream, isDoppelError, type RunEvent } from "@doppel/base";
import type { ByteRange, Storage } from "../storage.ts";

/** How often and how patiently, and what of the outside world it takes. */
export interface RetryOptions {
  /** Tries in all, the first included. Default 5. */
  readonly tries?: number;
  /** Longest wait before the second try; doubles each time. Default 500. */
  readonly firstDelayMs?: number;
  /** No wait is longer. Default 30,000. */
  readonly maxDelayMs?: number;
  /** For the lengths of waits. */
  readonly random: { bytes(n: number): Uint8Array };
  /** Told of each new try. */
  readonly emit: (event: RunEvent) => void;
  /** Resolves after that time; rejects with the signal's reason when it aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * The same storage, which tries again what failed with storage.unavailable, and only that. Waits are random between zero
 * and a doubling limit (full jitter), so that a fleet that failed together does not come back together. Each new try emits
 * a `retry` event. A `get` goes on where it broke off: objects never change. A `list` is begun again only while it has
 * yielded nothing. Disposing disposes of `inner`.
 */
export function withRetry(inner: Storage, options: RetryOptions): Storage {
  const { tries = 5, firstDelayMs = 500, maxDelayMs = 30_000, random, emit, sleep } = options;

  /** Waits before try `attempt + 1`, or throws what should not or no longer be tried again. */
  async function recover(error: unknown, operation: string, attempt: number, signal: AbortSignal | undefined): Promise<void> {
    if (!isDoppelError(error, "storage.unavailable") || attempt >= tries) throw error;
    signal?.throwIfAborted();
    emit({ type: "retry", operation, attempt, detail: error.message });
    await sleep(fraction(random) * Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)), signal);
  }

  async function again<T>(operation: string, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        await recover(error, operation, attempt, signal);
      }
    }
  }

  async function* listing<T>(
    operation: string,
    signal: AbortSignal | undefined,
    begin: () => AsyncIterable<T>,
  ): AsyncIterable<T> {
    for (let attempt = 1, begun = false; ; attempt++) {
      try {
        for await (const object of begin()) {
          begun = true;
          yield object;
        }
        return;
      } catch (error) {
        if (begun) throw error;
        await recover(error, operation, attempt, signal);
      }
    }
  }

  async function* get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream {
    let start = range?.start ?? 0;
    const end = range?.end ?? Number.MAX_SAFE_INTEGER;
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const chunk of inner.get(name, start === 0 && range === undefined ? undefined : { start, end }, signal)) {
          start += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        await recover(error, `read ${name}`, attempt, signal);
      }
    }
  }

  const stage = inner.stage?.bind(inner);
  const open = inner.open?.bind(inner);
  const thaw = inner.thaw?.bind(inner);
  const unfinished = inner.unfinished?.bind(inner);
  const abort = inner.abortUnfinished?.bind(inner);
  return {
    label: inner.label,
    list: (prefix, signal) => listing("list", signal, () => inner.list(prefix, signal)),
    get,
    ...(open && { open: (name, signal) => again(`read ${name}`, signal, () => open(name, signal)) }),
    stat: (name, signal) => again(`look up ${name}`, signal, () => inner.stat(name, signal)),
    put: (name, body, signal) => again(`store ${name}`, signal, () => inner.put(name, body, signal)),
    ...(stage && {
      stage: (name, signal) => again(`store ${name}`, signal, () => stage(name, signal)),
    }),
    delete: (names, signal) => again("delete", signal, () => inner.delete(names, signal)),
    ...(thaw && { thaw: (...args) => again("thaw", args[2], () => thaw(...args)) }),
    ...(unfinished && {
      unfinished: (prefix, signal) => listing("list what is unfinished", signal, () => unfinished(prefix, signal)),
    }),
    ...(abort && { abortUnfinished: (...args) => again("abort what is unfinished", args[1], () => abort(...args)) }),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

/** Uniform in [0, 1). */
function fraction(random: RetryOptions["random"]): number {
  return Buffer.from(random.bytes(4)).readUInt32LE() / 2 ** 32;
}
