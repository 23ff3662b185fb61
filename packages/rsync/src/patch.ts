import { badDelta, type CopyCommand, DeltaDecoder, type DeltaDecoderOptions } from "./delta-decoder.ts";

/** The file a delta builds upon. */
export interface Basis {
  /** In bytes. */
  readonly size: number;
  /**
   * Exactly these bytes; asked only for what lies within `size`, and for at most {@link PATCH_CHUNK} bytes at once. They
   * are copied before the next call, so the buffer may be used again.
   */
  read(offset: number, length: number): Uint8Array;
}

/** Length of the chunks a patch yields, but for the last. */
export const PATCH_CHUNK = 256 * 1024;

/**
 * Applies a delta as its bytes come in. Holds one chunk of output, whatever the lengths in the delta say. What comes of
 * `update` and `finish` must be drained before the next call; the chunks are the caller's.
 */
export class Patcher {
  readonly #basis: Basis;
  readonly #decoder: DeltaDecoder;
  #out: Uint8Array = new Uint8Array(0);
  #used = 0;

  constructor(basis: Basis, options?: DeltaDecoderOptions) {
    this.#basis = basis;
    this.#decoder = new DeltaDecoder(options);
  }

  /** @throws rsync.bad-delta as {@link DeltaDecoder.update} does, and for a copy beyond the basis. */
  *update(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    for (const command of this.#decoder.update(chunk)) {
      if (command.kind === "copy") this.#check(command);
      const length = command.kind === "copy" ? command.length : command.bytes.length;
      for (let done = 0; done < length; ) {
        const size = Math.min(length - done, PATCH_CHUNK - this.#used);
        this.#append(
          command.kind === "copy" ? this.#read(command.offset + done, size) : command.bytes.subarray(done, done + size),
        );
        done += size;
        if (this.#used === PATCH_CHUNK) yield this.#take();
      }
    }
  }

  /** @throws rsync.bad-delta when the delta has no end: what was yielded is then not the file. */
  *finish(): Generator<Uint8Array, void, undefined> {
    this.#decoder.finish();
    if (this.#used > 0) yield this.#take();
  }

  #check({ offset, length, position }: CopyCommand): void {
    const { size } = this.#basis;
    if (offset + length <= size) return;
    throw badDelta("copy-range", position, `it copies ${length} bytes from ${offset}, but the file it builds upon has ${size}`);
  }

  #read(offset: number, length: number): Uint8Array {
    const bytes = this.#basis.read(offset, length);
    if (bytes.length === length) return bytes;
    throw new RangeError(`the basis gave ${bytes.length} of ${length} bytes at ${offset}`);
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#out.length) {
      const grown = new Uint8Array(Math.min(PATCH_CHUNK, Math.max(needed, 4 * this.#out.length)));
      grown.set(this.#out.subarray(0, this.#used));
      this.#out = grown;
    }
    this.#out.set(bytes, this.#used);
    this.#used = needed;
  }

  #take(): Uint8Array {
    const out = this.#out.subarray(0, this.#used);
    this.#out = new Uint8Array(0);
    this.#used = 0;
    return out;
  }
}

/** The file that `delta` makes of `basis`, in chunks. @throws rsync.bad-delta, maybe after some chunks. */
export function* patch(
  basis: Basis,
  delta: Iterable<Uint8Array>,
  options?: DeltaDecoderOptions,
): Generator<Uint8Array, void, undefined> {
  const patcher = new Patcher(basis, options);
  for (const chunk of delta) yield* patcher.update(chunk);
  yield* patcher.finish();
}

/** A basis in memory. */
export function basisOf(bytes: Uint8Array): Basis {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}
