import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, temporaryName } from "@doppel/base";
import type { DoctorContext } from "./context.ts";
import { runProgram } from "./run-program.ts";

export interface KeyringSearch {
  readonly found: readonly { readonly home: string; readonly fingerprint: string; readonly onCard: boolean }[];
  /** Homes that were looked into. */
  readonly looked: readonly string[];
  /** Why something could not be looked into, a line each. */
  readonly unknown: readonly string[];
}

/**
 * Which of gpg's homes hold secret halves of these keys. gpg keeps each in a file that is named by its keygrip, which gpg itself
 * computes, in a home of its own: no home that is looked into is touched, and no agent is started.
 */
export async function secretKeysOfGpg(
  keys: readonly { readonly fingerprint: string; readonly bytes: Uint8Array }[],
  context: DoctorContext,
): Promise<KeyringSearch> {
  const found: KeyringSearch["found"][number][] = [];
  const unknown: string[] = [];
  const homes = [...new Set(context.machine.gnupgHomes)].flatMap((home) => {
    const names = secretNames(home);
    if (names === undefined) return [];
    if (typeof names !== "string") return [{ home, names }];
    unknown.push(`${home}: ${names}`);
    return [];
  });
  const looked = homes.map(({ home }) => home);
  const holding = homes.filter(({ names }) => names.length > 0);
  if (holding.length === 0) return { found, looked, unknown };
  for (const { fingerprint, bytes } of keys) {
    const grips = await keygripsOf(bytes, context);
    if (grips === undefined) {
      unknown.push(`${holding.map(({ home }) => home).join(", ")}: holds secret keys, and gpg is not here to tell whose`);
      break;
    }
    for (const { home, names } of holding) {
      const own = grips.map((grip) => `${grip}.key`).filter((name) => names.includes(name));
      if (own.length === 0) continue;
      const onCard = own.every((name) => isStub(join(home, FOLDER, name)));
      found.push({ home, fingerprint, onCard });
    }
  }
  return { found, looked, unknown };
}

const FOLDER = "private-keys-v1.d";

/** Names of files with secret keys; a string when they cannot be seen, undefined when there is no such home. */
function secretNames(home: string): readonly string[] | string | undefined {
  try {
    return readdirSync(join(home, FOLDER)).filter((name) => name.endsWith(".key"));
  } catch (error) {
    const reason = errnoOf(error);
    if (reason === undefined) throw error;
    if (reason !== "ENOENT" && reason !== "ENOTDIR") return reason;
    // gpg 1 and 2.0 had all of them in one file.
    if (existsSync(join(home, "secring.gpg"))) return "it has a secring.gpg of gpg 1, which is not looked into";
    return existsSync(home) ? [] : undefined;
  }
}

/** On a smartcard gpg keeps only where the key is. */
function isStub(path: string): boolean {
  try {
    return readFileSync(path, "latin1").includes("shadowed-private-key");
  } catch {
    return false;
  }
}

/** Of the primary key and all subkeys; undefined when there is no gpg that could tell. */
async function keygripsOf(bytes: Uint8Array, { machine, runtime }: DoctorContext): Promise<readonly string[] | undefined> {
  const home = join(machine.tempDir(), temporaryName("doppel-doctor-", runtime));
  mkdirSync(home, { mode: 0o700 });
  try {
    const args = [
      "--homedir",
      home,
      "--batch",
      "--no-tty",
      "--with-colons",
      "--with-keygrip",
      "--import-options",
      "show-only",
      "--import",
    ];
    const answer = await runProgram(machine.gpgBinary, args, { env: machine.env, signal: runtime.signal, input: bytes });
    const grips = answer?.stdout.split("\n").flatMap((line) => /^grp:{9}([0-9A-F]{40}):/.exec(line)?.[1] ?? []);
    return grips === undefined || grips.length === 0 ? undefined : grips;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
