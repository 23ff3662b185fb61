import { readFileSync, readlinkSync, statSync } from "node:fs";
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

/**
 * The text of `--receipt-key`. `warn`, for the private half, is told when others can read it.
 * @throws receipt.bad-key
 */
export function readReceiptKeyFile(file: BytePath, half: "private" | "public", warn?: (detail: string) => void): string {
  const name = displayPath(file);
  try {
    const bytes = pathToBytes(file);
    const { mode } = statSync(bytes);
    if ((mode & 0o077) !== 0) {
      warn?.(`${name}: others than its owner can read the key that signs receipts, and sign in its name; chmod 600 mends that`);
    }
    return readFileSync(bytes, "utf8");
  } catch (error) {
    const message = `the receipt key ${name} cannot be read (${errnoOf(error) ?? "unknown error"}); name one that can with --receipt-key`;
    throw new DoppelError("receipt.bad-key", message, { half }, error);
  }
}

/** What we are given for the target. gpg has no use for it, and the agent that it starts would hold it for as long as that lives. */
const OF_THE_TARGET: readonly string[] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];

/** gpg's environment: ours, which holds no passphrase any more, without the target's secrets; and the terminal on which its agent may ask. */
export function gpgEnvironment({ variables }: Environment): Readonly<Record<string, string>> {
  const defined = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !OF_THE_TARGET.includes(entry[0]),
  );
  const terminal = process.stdin.isTTY && variables["GPG_TTY"] === undefined ? { GPG_TTY: readlinkSync("/proc/self/fd/0") } : {};
  return { ...Object.fromEntries(defined), ...terminal };
}
