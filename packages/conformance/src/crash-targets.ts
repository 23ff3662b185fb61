import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openTempDir } from "@doppel/testkit";
import { type Contents, type CrashTarget, digestOf } from "./crash-bench.ts";

/** A folder of this machine. */
export function folderTarget(): CrashTarget & { readonly folder: string } {
  const dir = openTempDir("/tmp");
  const [folder, kept] = [join(dir.path, "target"), join(dir.path, "kept")];
  return {
    folder,
    url: `file://${folder}`,
    options: [],
    env: {},
    async keep() {
      cpSync(folder, kept, { recursive: true });
    },
    async reset() {
      rmSync(folder, { recursive: true });
      cpSync(kept, folder, { recursive: true });
    },
    async contents(): Promise<Contents> {
      const names = readdirSync(folder).filter((name) => !name.startsWith("."));
      return new Map(names.map((name) => [name, digestOf(readFileSync(join(folder, name)))]));
    },
    async [Symbol.asyncDispose]() {
      dir[Symbol.dispose]();
    },
  };
}

/** Makes a folder hold exactly these files. */
export function fill(folder: string, files: ReadonlyMap<string, Uint8Array>, write: (path: string, bytes: Uint8Array) => void): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of files) write(join(folder, name), bytes);
}
