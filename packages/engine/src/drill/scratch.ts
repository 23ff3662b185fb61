import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BytePath, DoppelError, errnoOf, pathFromBytes, type Runtime, temporaryName } from "@doppel/base";

/** A folder that only its owner can enter, for what a drill restores; it is gone with all that is in it when it is disposed of. */
export class Scratch implements Disposable {
  readonly #path: string;
  #made = 0;

  /** @throws temp.unusable */
  constructor(tempDir: string, names: Pick<Runtime, "random" | "maker">) {
    try {
      this.#path = join(tempDir, temporaryName("doppel-drill-", names));
      mkdirSync(this.#path, { mode: 0o700 });
    } catch (error) {
      const message = `nothing can be restored below ${tempDir}: ${errnoOf(error) ?? "it cannot be used"}; name another folder with --tempdir`;
      throw new DoppelError("temp.unusable", message, { path: tempDir }, error);
    }
  }

  /** A folder that is not there yet. */
  next(): BytePath {
    return pathFromBytes(Buffer.from(join(this.#path, String(this.#made++))));
  }

  /** Takes away what was restored there. */
  clear(): void {
    for (const name of readdirSync(this.#path)) removeTree(join(this.#path, name));
  }

  [Symbol.dispose](): void {
    removeTree(this.#path);
  }
}

/** Also folders that were backed up without the right to change them. */
export function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) !== "EACCES" && errnoOf(error) !== "EPERM") throw error;
    unlock(Buffer.from(path));
    rmSync(path, { recursive: true, force: true });
  }
}

function unlock(folder: Buffer): void {
  if (!lstatSync(folder).isDirectory()) return;
  chmodSync(folder, 0o700);
  for (const name of readdirSync(folder, "buffer")) unlock(Buffer.concat([folder, Buffer.from("/"), name]));
}
