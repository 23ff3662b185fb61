import { createHash } from "node:crypto";
import type { ByteStream, Payload } from "@doppel/base";
import type { Spool } from "../seal/spool.ts";
import type { UnsealWorker, UnsealWorkers } from "../workers/unseal.ts";
import type { SealedFile } from "../workers/unseal-protocol.ts";
import { authenticate, readSessionKeyOf, unseal, type UnsealOptions } from "./unseal.ts";

/** A fetched volume. Disposing of it lets go of the spool, and the worker. */
export interface Volume extends AsyncDisposable {
  /** In bytes, as it was fetched. */
  readonly size: number;
  /** Lower-case hex; `algorithm` as node:crypto names it. */
  digest(algorithm: string): Promise<string>;
  /** As {@link authenticate}. To be called before `bytes`. */
  authenticate(): Promise<void>;
  /** As {@link unseal}, but each chunk is valid only until the next is asked for. */
  bytes(): ByteStream;
}

/** Checked and unsealed in this thread. */
export class VolumeHere implements Volume {
  readonly #spool: Spool;
  readonly #options: UnsealOptions;

  constructor(spool: Spool, options: UnsealOptions) {
    this.#spool = spool;
    this.#options = options;
  }

  get size(): number {
    return this.#spool.size;
  }

  async digest(algorithm: string): Promise<string> {
    const hash = createHash(algorithm);
    for await (const chunk of this.#spool.open(this.#options.signal)) hash.update(chunk);
    return hash.digest("hex");
  }

  authenticate(): Promise<void> {
    return authenticate(this.#spool, this.#options);
  }

  bytes(): ByteStream {
    return unseal(this.#spool, { ...this.#options, lent: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#spool[Symbol.asyncDispose]();
  }
}

/** Checked and unsealed by a worker, which gets the session key but no other: keys and gpg stay in this thread. */
export class VolumeInWorker implements Volume {
  readonly #sealed: Payload & AsyncDisposable;
  readonly #options: UnsealOptions;
  readonly #workers: UnsealWorkers;
  readonly #worker: UnsealWorker;
  #file: SealedFile;

  /** Takes over `sealed`, which `fd` reads from, and the worker. */
  constructor(
    sealed: Payload & AsyncDisposable,
    fd: number,
    options: UnsealOptions,
    workers: UnsealWorkers,
    worker: UnsealWorker,
  ) {
    this.#sealed = sealed;
    this.#options = options;
    this.#workers = workers;
    this.#worker = worker;
    this.#file = { fd, size: sealed.size, name: options.name, encoding: options.encoding };
  }

  get size(): number {
    return this.#sealed.size;
  }

  digest(algorithm: string): Promise<string> {
    return this.#worker.digest(this.#file, algorithm);
  }

  async authenticate(): Promise<void> {
    if (this.#options.encoding === "gpg") {
      const { cipher, key } = await readSessionKeyOf(this.#sealed, this.#options);
      // A copy: a view of a larger buffer would be sent with all that is in it.
      this.#file = { ...this.#file, session: { cipher, key: new Uint8Array(key) } };
    }
    await this.#worker.authenticate(this.#file);
  }

  bytes(): ByteStream {
    return this.#worker.unseal(this.#file, this.#options.onWarning);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workers.release(this.#worker);
    await this.#sealed[Symbol.asyncDispose]();
  }
}
