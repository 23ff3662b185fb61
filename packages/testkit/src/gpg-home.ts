import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";
import { openTempDir } from "./temp-dir.ts";
import { testKey } from "./test-keys.ts";

/** A GNUPGHOME of its own. Disposing ends its agent and removes it. */
export interface GpgHome extends AsyncDisposable {
  readonly path: string;
  /** Our environment with this home, in a fixed locale and time zone. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * A home with these test keys, ultimately trusted. gpg must be there. `secret: false` imports the public halves only.
 * Its agent caches passphrases: a test of a wrong passphrase uses a home of its own.
 */
export async function gpgHome(keys: readonly string[], options: { readonly secret?: boolean } = {}): Promise<GpgHome> {
  const dir = openTempDir("/tmp"); // the agent's socket lies in it, and its path may have 107 bytes at most
  chmodSync(dir.path, 0o700);
  // Keys are unlocked once for every message; with the agent's own count that is most of the time a test takes.
  writeFileSync(join(dir.path, "gpg-agent.conf"), "allow-loopback-pinentry\ns2k-count 65536\n");
  const env = {
    ...process.env,
    GNUPGHOME: dir.path,
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    GPG_TTY: undefined,
    DISPLAY: undefined,
  };
  const home: GpgHome = {
    path: dir.path,
    env,
    async [Symbol.asyncDispose]() {
      await run("gpgconf", ["--homedir", dir.path, "--kill", "all"], { env });
      dir[Symbol.dispose]();
    },
  };
  try {
    for (const name of keys) await importKey(home, name, options.secret ?? true);
    return home;
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

async function importKey(home: GpgHome, name: string, secret: boolean): Promise<void> {
  const key = testKey(name);
  const unlock = secret ? ["--pinentry-mode", "loopback", "--passphrase", key.passphrase] : [];
  await gpg(home, [...unlock, "--import"], readFileSync(secret ? key.secretFile : key.publicFile));
  await gpg(home, ["--import-ownertrust"], `${key.fingerprint}:6:\n`);
}

async function gpg(home: GpgHome, args: readonly string[], input: Uint8Array | string): Promise<void> {
  const { code, stderr } = await run("gpg", ["--batch", "--no-tty", ...args], { env: home.env, input });
  if (code !== 0) throw new Error(`gpg ${args.at(-1)} failed with ${code}: ${stderr.toString()}`);
}
