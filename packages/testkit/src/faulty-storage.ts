import { type ByteStream, DoppelError, type Payload } from "@doppel/base";
import type { ByteRange, Storage, StoredObject } from "@doppel/storage";

export type StorageOperation = "list" | "stat" | "get" | "put" | "delete";

/** What goes wrong, once. */
export interface Fault {
  /** Counted from 1, among the operations of the kind `operation` or, without it, among all. A get or list counts when it is first pulled. */
  readonly at: number;
  readonly operation?: StorageOperation;
  /**
   * `fail`: rejects before it does anything. `stall`: does nothing until it is aborted. `cut`: a get yields the first `after`
   * bytes (a list: objects) and fails, a put takes `after` bytes of the payload and fails with nothing stored; others fail.
   */
  readonly how: "fail" | "stall" | "cut";
  /** Default 0. */
  readonly after?: number;
  /** Default storage.unavailable. */
  readonly error?: () => Error;
}

/** A storage some of whose operations go wrong. `log` has each operation begun, in order, as "put name". */
export class FaultyStorage implements Storage {
  readonly label: string;
  readonly log: string[] = [];
  readonly #inner: Storage;
  readonly #faults: Set<Fault>;
  readonly #counts = new Map<StorageOperation, number>();

  constructor(inner: Storage, faults: readonly Fault[]) {
    this.label = inner.label;
    this.#inner = inner;
    this.#faults = new Set(faults);
  }

  /** Whether every fault has happened: a test that tries n = 1, 2, … ends when it has not. */
  get exhausted(): boolean {
    return this.#faults.size === 0;
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    const fault = await this.#begin("list", prefix, signal);
    let left = fault?.after ?? 0;
    for await (const object of this.#inner.list(prefix, signal)) {
      if (fault !== undefined && left-- === 0) break;
      yield object;
    }
    failNow(fault);
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    failNow(await this.#begin("stat", name, signal));
    return this.#inner.stat(name, signal);
  }

  async *get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream {
    const fault = await this.#begin("get", name, signal);
    yield* cutBytes(this.#inner.get(name, range, signal), fault);
  }

  async put(name: string, body: Payload, signal?: AbortSignal): Promise<void> {
    const fault = await this.#begin("put", name, signal);
    await this.#inner.put(name, fault ? { size: body.size, open: (s) => cutBytes(body.open(s), fault) } : body, signal);
  }

  async delete(names: readonly string[], signal?: AbortSignal): Promise<void> {
    failNow(await this.#begin("delete", names.join(" "), signal));
    return this.#inner.delete(names, signal);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#inner[Symbol.asyncDispose]();
  }

  /** Counts the operation; fails or stalls it, or returns the fault that is to cut it off. */
  async #begin(operation: StorageOperation, what: string, signal: AbortSignal | undefined): Promise<Fault | undefined> {
    this.log.push(`${operation} ${what}`);
    const count = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, count);
    for (const fault of this.#faults) {
      if (fault.operation === undefined ? fault.at !== this.log.length : fault.operation !== operation || fault.at !== count)
        continue;
      this.#faults.delete(fault);
      if (fault.how === "fail") throw failure(fault);
      if (fault.how === "stall") await aborted(signal);
      return fault;
    }
    return undefined;
  }
}

async function* cutBytes(bytes: ByteStream, fault: Fault | undefined): ByteStream {
  let left = fault?.after ?? 0;
  for await (const chunk of bytes) {
    if (fault === undefined) yield chunk;
    else if (chunk.length <= left) {
      left -= chunk.length;
      yield chunk;
    } else {
      if (left > 0) yield chunk.slice(0, left);
      break;
    }
  }
  failNow(fault);
}

function failNow(fault: Fault | undefined): void {
  if (fault !== undefined) throw failure(fault);
}

function failure(fault: Fault): Error {
  return (
    fault.error?.() ??
    new DoppelError("storage.unavailable", "A fault that the test asked for.", { operation: fault.operation ?? "any" })
  );
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(signal?.reason);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
