import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type ByteStream, DoppelError, errnoOf, type Maker, type Payload, temporaryName } from "@doppel/base";

/** Where spools go, and how much of each may stay in memory. */
export interface SpoolOptions {
  readonly tempDir: string;
  /** Bytes kept in memory before the spool moves to a file. */
  readonly memoryLimit: number;
  readonly random: { bytes(n: number): Uint8Array };
  /** Marks the file, should the process be killed before it has unlinked it. */
  readonly maker?: Maker | undefined;
}

const READ_CHUNK = 1 << 20;

/**
 * Bytes on their way: appended once, then read as often as needed. Kept in memory up to a limit, beyond it in a temporary
 * file that is unlinked as soon as it is open, so that nothing is left behind however the process ends.
 * Appends are not concurrent. Errors: `temp.full`, `temp.unusable`.
 */
export class Spool implements Payload, AsyncDisposable {
  readonly #options: SpoolOptions;
  #chunks: Uint8Array[] = [];
  #file: FileHandle | undefined;
  #size = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** `chunk` is the caller's again once this resolves. */
  async append(chunk: Uint8Array): Promise<void> {
    if (!this.#file && this.#size + chunk.length <= this.#options.memoryLimit) {
      this.#chunks.push(new Uint8Array(chunk));
    } else {
      const file = await this.#moveToFile();
      await this.#write(file, chunk, this.#size);
    }
    this.#size += chunk.length;
  }

  async *open(signal?: AbortSignal): ByteStream {
    if (!this.#file) {
      for (const chunk of this.#chunks) yield new Uint8Array(chunk); // the receiver owns what it gets, and we may be read again
      return;
    }
    for (let at = 0; at < this.#size; ) {
      signal?.throwIfAborted();
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_CHUNK, this.#size - at));
      const { bytesRead } = await this.#guard(this.#file.read(buffer, 0, buffer.length, at));
      if (bytesRead === 0) throw this.#problem("temp.unusable", "became shorter while it was in use");
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** Moves all of it to the file and returns its descriptor, for another thread to read from. Open until disposal. */
  async descriptor(): Promise<number> {
    return (await this.#moveToFile()).fd;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#chunks = [];
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #moveToFile(): Promise<FileHandle> {
    if (this.#file) return this.#file;
    const file = await this.#create();
    this.#file = file;
    let at = 0;
    for (const chunk of this.#chunks) {
      await this.#write(file, chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    return file;
  }

  async #write(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#guard(file.write(bytes, done, bytes.length - done, at + done));
      done += bytesWritten;
    }
  }

  async #create(): Promise<FileHandle> {
    const path = join(this.#options.tempDir, temporaryName(".doppel-spool-", this.#options));
    const file = await this.#guard(open(path, "wx+", 0o600));
    await unlink(path);
    return file;
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === "ENOSPC" || errno === "EDQUOT") throw this.#problem("temp.full", "is full", error);
      throw this.#problem("temp.unusable", `cannot be used (${errno ?? String(error)})`, error);
    }
  }

  #problem(code: "temp.full" | "temp.unusable", what: string, cause?: unknown): DoppelError {
    const path = this.#options.tempDir;
    return new DoppelError(code, `temporary directory ${path} ${what}; choose another with --tempdir`, { path }, cause);
  }
}
