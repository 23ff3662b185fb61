import type { BytePath } from "@doppel/base";
import type { StagedObject } from "../storage.ts";
import type { Blocks } from "./blocks.ts";
import { fileError } from "./errors.ts";
import { objectPath } from "./location.ts";
import { NewFile } from "./new-file.ts";
import { type LinkFile, publish } from "./publish.ts";
import { syncDirectory } from "./sync.ts";
import { removeQuietly } from "./remove-quietly.ts";

/** A new file in a directory, under a name of its own until it is published. */
export interface PartialFileOptions {
  readonly directory: BytePath;
  /** The name in `directory` until then. */
  readonly temporary: string;
  readonly name: string;
  readonly linkFile: LinkFile | undefined;
  /** Of this process. */
  readonly mark?: string;
  readonly blocks: Blocks;
}

/** An object of a directory that grows in a hidden file; mode by umask. */
export class StagedFile implements StagedObject {
  readonly #options: PartialFileOptions;
  readonly #file: NewFile;

  private constructor(options: PartialFileOptions, file: NewFile) {
    this.#options = options;
    this.#file = file;
  }

  static async create(options: PartialFileOptions): Promise<StagedFile> {
    const { directory, temporary, name, blocks } = options;
    try {
      return new StagedFile(options, await NewFile.create(objectPath(directory, temporary), blocks));
    } catch (error) {
      throw fileError(error, "store", directory, name);
    }
  }

  async append(bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await this.#guard(() => this.#file.append(bytes));
  }

  async publish(signal?: AbortSignal): Promise<void> {
    const { directory, temporary, name, ...how } = this.#options;
    signal?.throwIfAborted();
    await this.#guard(async () => {
      await this.#file.sync();
      signal?.throwIfAborted();
      await publish(directory, temporary, name, how);
      try {
        await syncDirectory(directory);
      } catch (error) {
        await removeQuietly(objectPath(directory, name)); // All or nothing: a name that may not last is taken back.
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close().catch(() => undefined); // what is published is durable, and the rest is removed
    await removeQuietly(objectPath(this.#options.directory, this.#options.temporary));
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw fileError(error, "store", this.#options.directory, this.#options.name);
    }
  }
}
