import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DoppelError, errnoOf, type Maker, temporaryName } from "@doppel/base";
import type { Basis } from "@doppel/rsync";

/** Files up to this size are patched in memory. */
const MEMORY_LIMIT = 4 << 20;

/**
 * One state of a file on its way through its deltas: written once in order, then read at random as the basis of the next
 * patch. Small ones stay in memory; larger ones are a temporary file that is unlinked at once.
 */
export class BasisFile implements Basis, Disposable {
  readonly #tempDir: string;
  readonly #names: Parameters<typeof temporaryName>[1];
  #memory: Buffer | undefined = Buffer.alloc(0);
  #file: number | undefined;
  #scratch: Buffer = Buffer.alloc(0);
  size = 0;

  /** @param maker  marks the file, should the process be killed before it has unlinked it */
  constructor(tempDir: string, random: { bytes(n: number): Uint8Array }, maker?: Maker) {
    this.#tempDir = tempDir;
    this.#names = { random, maker };
  }

  append(bytes: Uint8Array): void {
    if (this.#memory && this.size + bytes.length > MEMORY_LIMIT) this.#toFile();
    if (this.#memory) {
      if (this.size + bytes.length > this.#memory.length) this.#grow(this.size + bytes.length);
      this.#memory.set(bytes, this.size);
    } else this.#write(bytes, this.size);
    this.size += bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    if (this.#memory) return this.#memory.subarray(offset, offset + length);
    if (this.#scratch.length < length) this.#scratch = Buffer.allocUnsafeSlow(length);
    const count = readSync(this.#file!, this.#scratch, 0, length, offset);
    return this.#scratch.subarray(0, count);
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#memory = undefined;
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(MEMORY_LIMIT, Math.max(needed, 2 * this.size, 1 << 16)));
    grown.set(this.#memory!.subarray(0, this.size));
    this.#memory = grown;
  }

  #toFile(): void {
    const memory = this.#memory!;
    const path = join(this.#tempDir, temporaryName(".doppel-basis-", this.#names));
    this.#guard(() => {
      this.#file = openSync(path, "wx+", 0o600);
      unlinkSync(path);
    });
    this.#memory = undefined;
    this.#write(memory.subarray(0, this.size), 0);
  }

  #write(bytes: Uint8Array, position: number): void {
    this.#guard(() => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#file!, bytes, done, bytes.length - done, position + done);
    });
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      const errno = errnoOf(error);
      const path = this.#tempDir;
      const full = errno === "ENOSPC" || errno === "EDQUOT";
      const what = full ? "is full" : `cannot be used (${errno ?? String(error)})`;
      const message = `temporary directory ${path} ${what}; choose another with --tempdir`;
      throw new DoppelError(full ? "temp.full" : "temp.unusable", message, { path }, error);
    }
  }
}
