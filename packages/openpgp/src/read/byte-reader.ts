import { type ByteStream, concatBytes } from "@doppel/base";

/**
 * Pulls a stream with a little look-ahead. Its chunks may be borrowed: what was given out is valid until more is asked for.
 */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(stream: ByteStream) {
    this.#source = stream[Symbol.asyncIterator]();
  }

  /** Tries to have `count` bytes at hand, and returns all that is: less than `count` only at the end. Not taken yet. */
  async peek(count: number): Promise<Uint8Array> {
    if (this.#buffer.length < count && !this.#ended) {
      do {
        const before = this.#buffer.slice();
        const { value, done } = await this.#source.next();
        this.#ended = done === true;
        this.#buffer = done === true ? before : before.length === 0 ? value : concatBytes([before, value]);
      } while (this.#buffer.length < count && !this.#ended);
    }
    return this.#buffer;
  }

  /** The next bytes, as many as come at once; undefined at the end. */
  async take(): Promise<Uint8Array | undefined> {
    if (this.#buffer.length > 0) {
      const bytes = this.#buffer;
      this.#buffer = new Uint8Array(0);
      return bytes;
    }
    while (!this.#ended) {
      const { value, done } = await this.#source.next();
      if (done === true) this.#ended = true;
      else if (value.length > 0) return value;
    }
    return undefined;
  }

  /** Gives back bytes that were taken last. */
  putBack(bytes: Uint8Array): void {
    this.#buffer = bytes;
  }

  /** Drops `count` bytes that were peeked. */
  skip(count: number): void {
    this.#buffer = this.#buffer.subarray(count);
  }

  /** All that is left, as a stream. */
  async *rest(): AsyncGenerator<Uint8Array> {
    for (let bytes = await this.take(); bytes; bytes = await this.take()) yield bytes;
  }

  /** Ends the source early. Safe to call twice. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.return?.();
  }
}
