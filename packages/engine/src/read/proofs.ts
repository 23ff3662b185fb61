import { type BytePath, comparePaths } from "@doppel/base";
import { type BackupSet, SetIndexReader } from "@doppel/format";
import type { ReadContext } from "./context.ts";
import { fetchMetadata, type Metadata } from "./open-metadata.ts";
import { isUnusable } from "./slices/set-index.ts";
import { refuseOther } from "./slices/index-file.ts";

interface Proof {
  readonly path: BytePath;
  readonly sha256: Uint8Array;
}

/**
 * What the files of a set are, by its index: asked for when a file is put together from deltas. Volumes are proven by their hashes, and so a
 * delta is what was stored; but if it was made against other signatures than those of its base, what comes out of it is nobody's file.
 */
export class Proofs implements AsyncDisposable {
  readonly #found: Metadata;
  readonly #proofs: AsyncGenerator<Proof>;
  #current: Proof | undefined;
  #ended = false;

  private constructor(found: Metadata, set: BackupSet) {
    this.#found = found;
    this.#proofs = proofsIn(found, set);
  }

  /** Undefined when the set has no index that can be used, which is no loss: then nothing is proven. @throws storage.*, openpgp.* that ask for something */
  static async open(set: BackupSet, context: ReadContext, memoryLimit: number): Promise<Proofs | undefined> {
    if (set.index === undefined || (set.encoding === "gpg" && !context.deps.keys)) return undefined;
    try {
      const found = await fetchMetadata(set.index, context, memoryLimit);
      return new Proofs(found, set);
    } catch (error) {
      if (!isUnusable(error)) throw error;
      context.runtime.emit({ type: "debug", detail: `${set.index} proves nothing: ${error.message}` });
      return undefined;
    }
  }

  /** SHA-256 of a file, if the index knows it. Asked for ascending paths. */
  async digestOf(path: BytePath): Promise<Uint8Array | undefined> {
    while (!this.#ended && (!this.#current || comparePaths(this.#current.path, path) < 0)) await this.#next();
    return this.#current?.path === path ? this.#current.sha256 : undefined;
  }

  async #next(): Promise<void> {
    try {
      const { value, done } = await this.#proofs.next();
      if (done) this.#ended = true;
      else this.#current = value;
    } catch (error) {
      if (!isUnusable(error)) throw error;
      this.#ended = true; // what is damaged proves nothing, and `check` tells of it
      this.#current = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proofs.return(undefined);
    await this.#found[Symbol.asyncDispose]();
  }
}

async function* proofsIn(found: Metadata, set: BackupSet): AsyncGenerator<Proof> {
  const reader = new SetIndexReader();
  for await (const chunk of found.bytes()) {
    for (const item of reader.update(chunk)) {
      if (item.type === "head") refuseOther(item.set, set.id);
      if (item.type === "entry" && item.record.sha256)
        yield { path: item.record.entry.path, sha256: Buffer.from(item.record.sha256, "base64url") };
    }
  }
}
