import { type ByteStream, collectBytes } from "@doppel/base";

interface Window {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Parts of one object, each asked for as it is wanted. What `keep` has fetched is at hand from then on. */
export class StoredBytes {
  readonly size: number;
  readonly #get: (start: number, end: number) => ByteStream;
  readonly #windows: Window[] = [];

  /** @param get bytes `start` up to `end` of the object */
  constructor(size: number, get: (start: number, end: number) => ByteStream) {
    this.size = size;
    this.#get = get;
  }

  async keep(start: number, end: number): Promise<Buffer> {
    const bytes = await this.read(start, end);
    this.#windows.push({ start, bytes });
    return bytes;
  }

  /** @throws RangeError when the object is shorter than was said */
  async read(start: number, end: number): Promise<Buffer> {
    const kept = this.#windows.find((window) => window.start <= start && end <= window.start + window.bytes.length);
    if (kept) return kept.bytes.subarray(start - kept.start, end - kept.start);
    const bytes = Buffer.from(await collectBytes(this.#get(start, end), end - start));
    if (bytes.length !== end - start) throw new RangeError("it is shorter than its listing says");
    return bytes;
  }
}
