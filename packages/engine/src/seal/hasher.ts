import { AskedWorker } from "../workers/asked.ts";
import type { Filled, HashRequest, HashValue, Sums } from "../workers/hash-protocol.ts";
import { Hashes } from "./hashes.ts";

/** The hashes of one object. Calls are not concurrent. */
export interface ObjectHashes {
  /** Takes the memory, and gives it back with what was in it. */
  update(filled: Filled): Promise<Filled>;
  sums(): Promise<Sums>;
  /** Instead of `sums`. */
  discard(): void;
}

/**
 * Hashes objects, in this thread or in one of its own. That one is for bytes that are not compressed: there encrypting them alone keeps this
 * thread busy (measured without compression: 0.45 s for each GB), while compression leaves no core for it.
 */
export class Hasher implements AsyncDisposable {
  readonly #threads: number;
  #worker: AskedWorker<HashRequest, HashValue> | undefined;
  #objects = 0;

  /** @param threads 1: there is no other */
  constructor(threads: number) {
    this.#threads = threads;
  }

  begin(isCompressed: boolean): ObjectHashes {
    return isCompressed || this.#threads === 1 ? hashesHere() : this.#hashesThere();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.end();
  }

  /** From the first full memory on; what is smaller is no reason to start a thread. */
  #hashesThere(): ObjectHashes {
    const object = this.#objects++;
    const here = hashesHere();
    const thread = (): AskedWorker<HashRequest, HashValue> => this.#thread();
    let worker: AskedWorker<HashRequest, HashValue> | undefined;
    let begun = false;
    return {
      async update(filled) {
        if (!begun && filled.length === filled.memory.length) worker = thread();
        begun = true;
        if (!worker) return here.update(filled);
        return (await worker.ask({ task: "update", object, filled }, [filled.memory.buffer])) as Filled;
      },
      sums: async () => (worker ? ((await worker.ask({ task: "sums", object })) as Sums) : here.sums()),
      discard: () => void worker?.ask({ task: "forget", object }).catch(() => {}), // it forgets everything when it ends
    };
  }

  #thread(): AskedWorker<HashRequest, HashValue> {
    this.#worker ??= new AskedWorker("hash-worker", {});
    return this.#worker;
  }
}

function hashesHere(): ObjectHashes {
  const hashes = new Hashes();
  return {
    async update(filled) {
      hashes.update(filled);
      return filled;
    },
    sums: async () => hashes.sums(),
    discard: () => {},
  };
}
