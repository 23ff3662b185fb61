import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Runtime, temporaryName } from "@doppel/base";
import { ArchiveDir } from "./archive-dir.ts";

/** A place for the length of one run, for what a dry run must fetch and may not keep. */
export class PassingArchive implements AsyncDisposable {
  readonly #path: string;

  constructor(tempDir: string, names: Pick<Runtime, "random" | "maker">) {
    this.#path = join(tempDir, temporaryName(".doppel-", names));
  }

  async open(): Promise<ArchiveDir> {
    await mkdir(this.#path, { mode: 0o700 });
    return new ArchiveDir(this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }
}
