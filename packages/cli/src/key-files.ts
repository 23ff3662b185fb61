import { readFileSync, readlinkSync } from "node:fs";
import { resolve } from "node:path";
import { type BytePath, DoppelError, displayPath, errnoOf, pathToBytes } from "@doppel/base";
import type { Environment } from "./locations.ts";

/**
 * A whole file, or undefined when there is none of that name.
 * @throws openpgp.key-not-found when it is there but cannot be read: no other place is searched then
 */
export function readIfThere(path: string, cwd: string): Uint8Array | undefined {
  try {
    return readFileSync(resolve(cwd, path));
  } catch (error) {
    const reason = errnoOf(error);
    if (reason === "ENOENT" || reason === "ENOTDIR" || reason === "EISDIR" || reason === "ENAMETOOLONG") return undefined;
    throw new DoppelError(
      "openpgp.key-not-found",
      `cannot read ${path} (${reason}) to look for keys; check its owner and mode`,
      { query: path },
      error,
    );
  }
}

/** The bytes of `--secret-key`. @throws openpgp.key-unusable */
export function readSecretKeyFile(file: BytePath): Uint8Array {
  try {
    return readFileSync(pathToBytes(file));
  } catch (error) {
    const query = displayPath(file);
    const message = `the secret key file ${query} cannot be read (${errnoOf(error) ?? "unknown error"}); name one that can with --secret-key`;
    throw new DoppelError("openpgp.key-unusable", message, { query, reason: "not-a-key" }, error);
  }
}

/** gpg's environment: ours, which holds no passphrase any more, and the terminal on which its agent may ask. */
export function gpgEnvironment({ variables }: Environment): Readonly<Record<string, string>> {
  const defined = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const terminal = process.stdin.isTTY && variables["GPG_TTY"] === undefined ? { GPG_TTY: readlinkSync("/proc/self/fd/0") } : {};
  return { ...Object.fromEntries(defined), ...terminal };
}
