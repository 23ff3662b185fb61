import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new directory, removed with all that is in it when disposed of. */
export interface TempDir extends Disposable {
  readonly path: string;
}

/** For scripts and for what outlives one test: `using dir = openTempDir()`. `parent` where a path must be short. */
export function openTempDir(parent: string = tmpdir()): TempDir {
  const path = mkdtempSync(join(parent, "doppel-"));
  return { path, [Symbol.dispose]: () => removeTree(path) };
}

/** A new directory that is removed when the running test has ended. Only inside a test. */
export function tempDir(): string {
  const dir = openTempDir();
  onTestFinished(() => dir[Symbol.dispose]());
  return dir.path;
}

/** Removes a tree whatever its names and modes are; fs.rm fails at names that are not UTF-8. */
export function removeTree(path: string): void {
  if (process.getuid?.() !== 0) execFileSync("chmod", ["-R", "u+rwX", "--", path], { stdio: "ignore" });
  execFileSync("rm", ["-rf", "--", path]);
}

/** Runs `action` under this umask. The umask is the process's: nothing else may create files meanwhile. */
export async function withUmask<T>(umask: number, action: () => T | Promise<T>): Promise<T> {
  const before = process.umask(umask);
  try {
    return await action();
  } finally {
    process.umask(before);
  }
}
