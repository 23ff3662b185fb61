import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { DoppelError, errnoOf } from "@doppel/base";

/** How a program ended. */
export interface Ended {
  /** Exit code; 128 and more when a signal ended it. */
  readonly exit: number;
  readonly stdout: string;
}

/**
 * Runs a program of the server's with nothing of our environment but what is given; its standard error is ours.
 * @param options  `secret` is written to its descriptor 3, as one line
 * @throws temp.unusable when it cannot be started; the reason of `signal`
 */
export async function runChild(
  command: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal; readonly secret?: string },
): Promise<Ended> {
  const { env, signal, secret } = options;
  const [program, ...args] = command;
  signal.throwIfAborted();
  const child = spawn(program!, args, { env, stdio: ["ignore", "pipe", "inherit", secret === undefined ? "ignore" : "pipe"] });
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (secret !== undefined) {
      const pipe = child.stdio[3] as Writable;
      pipe.on("error", () => undefined); // it may end without having read it
      pipe.end(`${secret}\n`);
    }
    const [stdout, [code]] = await Promise.all([text(child.stdout!), once(child, "close") as Promise<[number | null]>]);
    signal.throwIfAborted();
    return { exit: code ?? 128, stdout };
  } catch (error) {
    signal.throwIfAborted();
    const message = `cannot run ${program} (${errnoOf(error) ?? String(error)}): nothing was backed up; name the program with --program`;
    throw new DoppelError("temp.unusable", message, { path: program! }, error);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** The members of the last result of that kind in `--json` output. */
export function resultOf(stdout: string, kind: string): Readonly<Record<string, unknown>> | undefined {
  return lastWith(stdout, "kind", kind);
}

/** Those of the error by which a command ended. */
export function errorIn(stdout: string): Readonly<Record<string, unknown>> | undefined {
  return lastWith(stdout, "type", "error");
}

function lastWith(stdout: string, member: "kind" | "type", is: string): Readonly<Record<string, unknown>> | undefined {
  for (const line of stdout.trimEnd().split("\n").toReversed()) {
    try {
      const value = JSON.parse(line) as Readonly<Record<string, unknown>>;
      if (value[member] === is) return value;
    } catch {
      // Not ours: a line of another program.
    }
  }
  return undefined;
}
