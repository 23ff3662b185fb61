import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DoppelError, errnoOf, type Runtime, temporaryName } from "@doppel/base";
import { removeTree } from "../drill/scratch.ts";

/** An archive directory for as long as a target is open: made when it is first needed, removed when it is disposed of. */
export class PrivateArchive implements Disposable {
  readonly path: string;
  readonly #tempDir: string;
  #made = false;

  constructor(tempDir: string, names: Pick<Runtime, "random" | "maker">) {
    this.#tempDir = tempDir;
    this.path = join(tempDir, temporaryName(".doppel-archive-", names));
  }

  /** @throws temp.unusable */
  async make(): Promise<void> {
    if (this.#made) return;
    try {
      await mkdir(this.path, { mode: 0o700 });
      this.#made = true;
    } catch (error) {
      const message = `no folder can be made in ${this.#tempDir} (${errnoOf(error) ?? String(error)}); choose another tempDir, or an archiveDir`;
      throw new DoppelError("temp.unusable", message, { path: this.#tempDir }, error);
    }
  }

  [Symbol.dispose](): void {
    if (this.#made) removeTree(this.path);
    this.#made = false;
  }
}
