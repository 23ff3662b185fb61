import type { Sums } from "../workers/hash-protocol.ts";
import type { ObjectHashes } from "./hasher.ts";

/** Bytes that are hashed and written at once. Writing goes through a thread of libuv, and waking that costs up to 0.4 ms. */
const BUFFER_BYTES = 1 << 20;

/** Where the bytes of an object go. Appends are not concurrent. */
export interface Place {
  /** Appends all of `bytes`, which the caller may use again once this resolves. */
  append(bytes: Uint8Array): Promise<void>;
}

/** Memory that the outlets of a run use in turn. */
export class OutletBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(BUFFER_BYTES);
  }

  give(buffer: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
  }
}

/** Gathers the bytes of one object as they come, hashes them and appends them to a place, while the next ones come. */
export class Outlet {
  readonly #place: Place;
  readonly #buffers: OutletBuffers;
  readonly #hashes: ObjectHashes;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #fill = 0;
  #size = 0;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(place: Place, buffers: OutletBuffers, hashes: ObjectHashes) {
    this.#hashes = hashes;
    this.#place = place;
    this.#buffers = buffers;
  }

  /** Copies `bytes`. */
  readonly push = (bytes: Uint8Array): void => {
    for (let at = 0; at < bytes.length; ) {
      this.#buffer ??= this.#buffers.take();
      const part = bytes.subarray(at, at + this.#buffer.length - this.#fill);
      this.#buffer.set(part, this.#fill);
      this.#fill += part.length;
      at += part.length;
      if (this.#fill === this.#buffer.length) this.#ship();
    }
  };

  /** Resolves when no more than two buffers wait to be hashed and written. @throws the first failure of the place */
  async room(): Promise<void> {
    if (this.#waiting > 2) await this.#tail;
    if (this.#failure) throw this.#failure.error;
  }

  /** Resolves when everything is written. Hashes in lower-case hex. @throws the first failure of the place */
  async end(): Promise<Sums & { readonly size: number }> {
    this.#ship();
    await this.#tail;
    if (this.#failure) throw this.#failure.error;
    return { size: this.#size, ...(await this.#hashes.sums()) };
  }

  /** Gives the rest up; resolves when nothing is being written any more. */
  async discard(): Promise<void> {
    this.#failure ??= { error: new Error("discarded") };
    if (this.#buffer) this.#buffers.give(this.#buffer);
    this.#buffer = undefined;
    this.#fill = 0;
    await this.#tail;
    this.#hashes.discard();
  }

  #ship(): void {
    const buffer = this.#buffer;
    if (!buffer) return;
    const filled = { memory: buffer, length: this.#fill };
    this.#buffer = undefined;
    this.#fill = 0;
    this.#size += filled.length;
    this.#waiting++;
    this.#tail = this.#tail.then(async () => {
      try {
        if (this.#failure) return this.#buffers.give(buffer);
        const { memory, length } = await this.#hashes.update(filled);
        await this.#place.append(memory.subarray(0, length));
        this.#buffers.give(memory);
      } catch (error) {
        this.#failure ??= { error };
      } finally {
        this.#waiting--;
      }
    });
  }
}
