import { fileURLToPath } from "node:url";
import { type RunResult, run } from "@doppel/testkit";
import { expect } from "vitest";

/** The built program, as a fresh clone has it after `npm run build`. */
export const DOPPEL = fileURLToPath(new URL("../../../node_modules/.bin/doppel", import.meta.url));

export interface ProgramOptions {
  /** Added to the clean environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: Uint8Array | string;
  readonly cwd?: string;
}

/**
 * The environment that programs get here: no home, no keyring, no passphrase, nothing of the person who runs the tests.
 * What a test needs of these it has to give, so that a hidden dependency fails.
 */
export function cleanEnv(more: Readonly<Record<string, string | undefined>> = {}): Record<string, string | undefined> {
  const nowhere = "/proc/nonexistent";
  return {
    PATH: process.env["PATH"],
    HOME: nowhere,
    XDG_CACHE_HOME: undefined,
    GNUPGHOME: `${nowhere}/gnupg`,
    TZ: "UTC",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    ...more,
  };
}

/** Runs the built program to its end, whatever its exit code. */
export function doppel(args: readonly string[], options: ProgramOptions = {}): Promise<RunResult> {
  return run(process.execPath, [DOPPEL, ...args], { ...options, env: cleanEnv(options.env) });
}

/** The same for arguments as bytes, which Node cannot pass on: one char per byte. */
export function doppelBytes(args: readonly string[], options: Omit<ProgramOptions, "input"> = {}): Promise<RunResult> {
  const text = (plain: string): string => Buffer.from(plain).toString("latin1");
  const words = [text(process.execPath), text(DOPPEL), ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  const input = Buffer.from(`exec ${words.join(" ")}\n`, "latin1");
  return run("sh", [], { ...options, env: cleanEnv(options.env), input });
}

/** A program's result, which has to be success: otherwise the test fails with all that the program said. */
export async function done(running: Promise<RunResult>): Promise<RunResult> {
  const result = await running;
  expect(result.code, `${result.stdout.toString()}\n${result.stderr.toString()}`.slice(-4000)).toBe(0);
  return result;
}
