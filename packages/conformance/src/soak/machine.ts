import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { testKey } from "@doppel/testkit";
import { cleanEnv, DOPPEL } from "../program.ts";
import type { SoakPlace } from "./places.ts";

const KEY = testKey("curve");
const CRASH_HOOK = fileURLToPath(new URL("../../crash/fs-hook.mjs", import.meta.url));
const FAIL_HOOK = fileURLToPath(new URL("../../soak/fail-hook.mjs", import.meta.url));
/** A command that takes longer than this hangs. */
const PATIENCE_MS = 300_000;

/** How backups are sealed: for either program, what is needed to store and what to read. */
export const SEALS = {
  "public key": {
    storing: ["--encrypt-key", KEY.publicFile],
    reading: ["--secret-key", KEY.secretFile],
    stock: ["--encrypt-key", KEY.fingerprint],
    storingEnv: {},
    readingEnv: { PASSPHRASE: KEY.passphrase },
  },
  passphrase: {
    storing: [],
    reading: [],
    stock: [],
    storingEnv: { PASSPHRASE: "a passphrase of the soak" },
    readingEnv: { PASSPHRASE: "a passphrase of the soak" },
  },
  none: {
    storing: ["--no-encryption"],
    reading: ["--no-encryption"],
    stock: ["--no-encryption"],
    storingEnv: {},
    readingEnv: {},
  },
} as const;
export type SealName = keyof typeof SEALS;

/** When a command is killed without a chance to tidy up. */
export type Kill =
  | { readonly afterMs: number }
  /** Before, in the middle of or after so many operations on target and archive directory. */
  | { readonly operation: number; readonly when: string }
  /** Once it has sent so many requests. */
  | { readonly requests: number };

export interface CommandOptions {
  readonly as?: "writer" | "keeper";
  /** Seconds: what the clock shows. Of backups only; nothing else is told. */
  readonly time?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly kill?: Kill;
  /** From the operation of that number on a folder gives this error: always, or once. */
  readonly failing?: { readonly folder: string; readonly at: number; readonly code: string; readonly times: number };
  /** Default: this machine's. */
  readonly archive?: string;
}

/** How a command ended. */
export interface Ended {
  /** null: it was killed. */
  readonly code: number | null;
  readonly text: string;
}

/** The computer that is backed up: its archive directory, its temporary folder, and the program. */
export class Machine {
  readonly source: string;
  readonly archive: string;
  readonly temporary: string;
  readonly #place: SoakPlace;

  constructor(dir: string, place: SoakPlace, source: string) {
    this.#place = place;
    this.source = source;
    this.archive = join(dir, "archive");
    this.temporary = join(dir, "tmp");
    mkdirSync(this.temporary, { recursive: true });
  }

  /** Runs `doppel COMMAND OPTIONS... ARGS...`; where things are is added. Programs are real processes, as they are killed. */
  async run(command: string, args: readonly string[], options: CommandOptions): Promise<Ended> {
    const { as = "writer", time, env = {}, kill, failing, archive = this.archive } = options;
    const clock = time === undefined ? [] : ["--current-time", `${time}`];
    const common = [...clock, "--archive-dir", archive, "--name", "n", "--tempdir", this.temporary];
    const hooks: string[] = [];
    const hooked: Record<string, string> = {};
    if (kill && "operation" in kill) {
      hooks.push("--import", CRASH_HOOK);
      hooked["CRASH_PLACES"] = JSON.stringify([this.#place.folder ?? archive, archive]);
      hooked["CRASH_AT"] = `${kill.operation}`;
      hooked["CRASH_WHEN"] = kill.when;
    }
    if (failing) {
      hooks.push("--import", FAIL_HOOK);
      hooked["FAIL"] = JSON.stringify(failing);
    }
    const child = spawn(process.execPath, [...hooks, DOPPEL, command, ...common, ...this.#place.options, ...args], {
      env: cleanEnv({ ...this.#place.env(as), TMPDIR: this.temporary, ...hooked, ...env }) as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const words: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => words.push(chunk));
    const ended = once(child, "close") as Promise<[number | null]>;
    const stopped = new AbortController();
    const killer = kill && !("operation" in kill) ? this.#killAt(kill, () => child.kill("SIGKILL"), stopped.signal) : undefined;
    let isLate = false;
    const late = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, PATIENCE_MS);
    const [code] = await ended;
    clearTimeout(late);
    stopped.abort();
    await killer;
    const text = Buffer.concat(words).toString();
    if (isLate) throw new Error(`doppel ${command} ran longer than ${PATIENCE_MS / 1000} s: ${text.slice(-2000)}`);
    return { code, text };
  }

  async #killAt(kill: Exclude<Kill, { operation: number }>, end: () => void, signal: AbortSignal): Promise<void> {
    const first = this.#place.bucket?.requests() ?? 0;
    const isDue = (): boolean => "requests" in kill && (this.#place.bucket?.requests() ?? 0) - first >= kill.requests;
    try {
      if ("afterMs" in kill) await sleep(kill.afterMs, undefined, { signal });
      else while (!isDue()) await sleep(1, undefined, { signal });
      end();
    } catch {
      // it ended before
    }
  }
}
