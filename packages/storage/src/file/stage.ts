import { type FileHandle, open } from "node:fs/promises";
import type { BytePath } from "@doppel/base";
import type { StagedObject } from "../storage.ts";
import { fileError } from "./errors.ts";
import { objectPath } from "./location.ts";
import { type LinkFile, publish } from "./publish.ts";
import { syncDirectory } from "./sync.ts";
import { removeQuietly } from "./write.ts";

/** A new file in a directory, under a name of its own until it is published. */
export interface PartialFileOptions {
  readonly directory: BytePath;
  /** The name in `directory` until then. */
  readonly temporary: string;
  readonly name: string;
  readonly linkFile: LinkFile | undefined;
}

/**
 * Bytes after which the disk is told to begin writing: with all of a volume left to the end, the last one would be waited for
 * with nothing else to do.
 */
const WRITE_BACK = 32 << 20;

/** An object of a directory that grows in a hidden file; mode by umask. */
export class StagedFile implements StagedObject {
  readonly #options: PartialFileOptions;
  readonly #handle: FileHandle;
  #size = 0;
  #writtenBack = 0;
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;
  #lost: { readonly error: unknown } | undefined;
  #isOpen = true;

  private constructor(options: PartialFileOptions, handle: FileHandle) {
    this.#options = options;
    this.#handle = handle;
  }

  static async create(options: PartialFileOptions): Promise<StagedFile> {
    try {
      return new StagedFile(options, await open(objectPath(options.directory, options.temporary), "wx"));
    } catch (error) {
      throw fileError(error, "store", options.directory, options.name);
    }
  }

  async append(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#guard(async () => {
      for (let at = 0; at < bytes.length; ) {
        at += (await this.#handle.write(bytes, at, bytes.length - at, this.#size + at)).bytesWritten;
      }
    });
    this.#size += bytes.length; // not before: whoever tries again writes over what there is of it
    if (this.#size - this.#writtenBack >= WRITE_BACK && !this.#isSyncing) this.#sync();
  }

  async publish(signal?: AbortSignal): Promise<void> {
    const { directory, temporary, name, linkFile } = this.#options;
    signal?.throwIfAborted();
    await this.#guard(async () => {
      if (this.#isOpen) {
        await this.#syncing;
        this.#sync();
        await this.#syncing;
        await this.#close();
      }
      // The system tells of bytes that did not reach the disk only once: syncing again would succeed.
      if (this.#lost) throw this.#lost.error;
      signal?.throwIfAborted();
      await publish(directory, temporary, name, linkFile);
      try {
        await syncDirectory(directory);
      } catch (error) {
        await removeQuietly(objectPath(directory, name)); // All or nothing: a name that may not last is taken back.
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#syncing;
    if (this.#isOpen) await this.#close();
    await removeQuietly(objectPath(this.#options.directory, this.#options.temporary));
  }

  #sync(): void {
    this.#isSyncing = true;
    this.#writtenBack = this.#size;
    this.#syncing = this.#handle
      .sync()
      .catch((error: unknown) => {
        this.#lost ??= { error };
      })
      .finally(() => {
        this.#isSyncing = false;
      });
  }

  async #close(): Promise<void> {
    this.#isOpen = false;
    try {
      await this.#handle.close();
    } catch (error) {
      this.#lost ??= { error };
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw fileError(error, "store", this.#options.directory, this.#options.name);
    }
  }
}
