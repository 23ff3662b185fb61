import { unlink } from "node:fs/promises";
import { type BytePath, type ByteStream, errnoOf, type Maker, type Payload, temporaryName } from "@doppel/base";
import { checkName, checkRange } from "../name.ts";
import type { ByteRange, OpenObject, StagedObject, Storage, StoredObject } from "../storage.ts";
import { Blocks } from "./blocks.ts";
import { fileError } from "./errors.ts";
import { exactly } from "./exactly.ts";
import { listFiles, lookUp } from "./list.ts";
import { objectPath } from "./location.ts";
import type { LinkFile } from "./publish.ts";
import { openFile, readRange } from "./read.ts";
import { StagedFile } from "./stage.ts";
import { syncDirectory } from "./sync.ts";

/** What a directory storage is made of. */
export interface FileStorageOptions {
  readonly label: string;
  /** Absolute. */
  readonly directory: BytePath;
  readonly random: { bytes(n: number): Uint8Array };
  readonly maker?: Maker;
  /** Only for tests: how a file system without hard links answers. */
  readonly linkFile?: LinkFile;
}

/** One directory; each object is a file in it. */
export class FileStorage implements Storage {
  readonly label: string;
  readonly #directory: BytePath;
  readonly #names: Pick<FileStorageOptions, "random" | "maker">;
  readonly #linkFile: LinkFile | undefined;
  readonly #blocks = new Blocks();

  constructor(options: FileStorageOptions) {
    this.label = options.label;
    this.#directory = options.directory;
    this.#names = options;
    this.#linkFile = options.linkFile;
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    try {
      yield* listFiles(this.#directory, prefix, signal);
    } catch (error) {
      throw fileError(error, "list", this.#directory);
    }
  }

  async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    checkName(name);
    signal?.throwIfAborted();
    try {
      return await lookUp(this.#directory, name);
    } catch (error) {
      throw fileError(error, "look up", this.#directory, name);
    }
  }

  async *get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream {
    checkName(name);
    checkRange(range);
    try {
      yield* readRange(objectPath(this.#directory, name), range, signal);
    } catch (error) {
      throw fileError(error, "read", this.#directory, name);
    }
  }

  async open(name: string, signal?: AbortSignal): Promise<OpenObject> {
    checkName(name);
    signal?.throwIfAborted();
    try {
      return await openFile(objectPath(this.#directory, name));
    } catch (error) {
      throw fileError(error, "read", this.#directory, name);
    }
  }

  async put(name: string, body: Payload, signal?: AbortSignal): Promise<void> {
    await using staged = await this.stage(name, signal);
    for await (const chunk of exactly(body, signal)) await staged.append(chunk, signal);
    await staged.publish(signal);
  }

  async stage(name: string, signal?: AbortSignal): Promise<StagedObject> {
    checkName(name);
    signal?.throwIfAborted();
    const [directory, linkFile, blocks] = [this.#directory, this.#linkFile, this.#blocks];
    // The dot keeps it out of every duplicity pattern (spec 1.4): a stray one harms nobody.
    const temporary = `${temporaryName(".doppel-", this.#names)}.partial`;
    const mark = this.#names.maker?.mark;
    return StagedFile.create({ directory, temporary, name, linkFile, blocks, ...(mark !== undefined && { mark }) });
  }

  async delete(names: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const name of names) checkName(name);
    if (names.length === 0) return;
    for (const name of names) {
      signal?.throwIfAborted();
      try {
        await unlink(objectPath(this.#directory, name));
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw fileError(error, "delete", this.#directory, name);
      }
    }
    try {
      await syncDirectory(this.#directory);
    } catch (error) {
      throw fileError(error, "delete", this.#directory);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
