import { createHash } from "node:crypto";

/** Bytes that are hashed and written at once. Writing goes through a thread of libuv, and waking that costs up to 0.4 ms. */
const BUFFER_BYTES = 1 << 20;

/** Where the bytes of an object go. Appends are not concurrent. */
export interface Place {
  /** Appends all of `bytes`, which the caller may use again once this resolves. */
  append(bytes: Uint8Array): Promise<void>;
}

/** Memory that the outlets of a run use in turn. */
export class OutletBuffers {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }

  give(buffer: Uint8Array): void {
    this.#free.push(buffer);
  }
}

/** Gathers the bytes of one object as they come, hashes them and appends them to a place, while the next ones come. */
export class Outlet {
  readonly #place: Place;
  readonly #buffers: OutletBuffers;
  readonly #sha1 = createHash("sha1");
  readonly #sha256 = createHash("sha256");
  #buffer: Uint8Array | undefined;
  #fill = 0;
  #size = 0;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(place: Place, buffers: OutletBuffers) {
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

  /** Resolves when no more than one buffer waits to be written. @throws the first failure of the place */
  async room(): Promise<void> {
    if (this.#waiting > 1) await this.#tail;
    if (this.#failure) throw this.#failure.error;
  }

  /** Resolves when everything is written. Hashes in lower-case hex. @throws the first failure of the place */
  async end(): Promise<{ readonly size: number; readonly sha1: string; readonly sha256: string }> {
    this.#ship();
    await this.#tail;
    if (this.#failure) throw this.#failure.error;
    return { size: this.#size, sha1: this.#sha1.digest("hex"), sha256: this.#sha256.digest("hex") };
  }

  /** Gives the rest up; resolves when nothing is being written any more. */
  async discard(): Promise<void> {
    this.#failure ??= { error: new Error("discarded") };
    if (this.#buffer) this.#buffers.give(this.#buffer);
    this.#buffer = undefined;
    this.#fill = 0;
    await this.#tail;
  }

  #ship(): void {
    const buffer = this.#buffer;
    if (!buffer) return;
    const bytes = buffer.subarray(0, this.#fill);
    this.#buffer = undefined;
    this.#fill = 0;
    this.#size += bytes.length;
    this.#sha1.update(bytes);
    this.#sha256.update(bytes);
    this.#waiting++;
    this.#tail = this.#tail.then(async () => {
      try {
        if (!this.#failure) await this.#place.append(bytes);
      } catch (error) {
        this.#failure ??= { error };
      } finally {
        this.#waiting--;
        this.#buffers.give(buffer);
      }
    });
  }
}
