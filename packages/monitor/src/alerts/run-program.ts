import { spawn } from "node:child_process";
import { errnoOf } from "@doppel/base";
import { withLimit } from "./hangs.ts";

const MOST_MS = 30_000;

/** What programs of alerts get of our environment: no credentials. */
const PASSED_ON = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"] as const;

/**
 * Runs a program with `input` on its standard input and nothing secret in its environment, for half a minute at most: then it is killed
 * with all that it has started.
 * @throws Hangs; Error that does not name it, when it cannot be started, or exits with another code than 0
 */
export function runProgram(
  [program, ...args]: readonly string[],
  input: string | Uint8Array,
  {
    env,
    signal,
    ms = MOST_MS,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal; readonly ms?: number },
): Promise<void> {
  const passed = Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, {
      env: passed,
      stdio: ["pipe", "ignore", "ignore"],
      detached: true, // a group of its own, which can be killed as a whole
    });
    const limit = withLimit(signal, ms);
    const fail = (error: Error): void => {
      limit.end();
      reject(error);
    };
    limit.signal.addEventListener("abort", () => {
      killGroup(child.pid);
      child.kill("SIGKILL");
      child.stdin.destroy();
      fail(limit.signal.reason instanceof Error ? limit.signal.reason : new Error("was stopped"));
    });
    child.stdin.on("error", () => undefined); // it need not read it
    child.stdin.end(input);
    child.on("error", (error) => {
      fail(new Error(`could not be run (${errnoOf(error) ?? error.message})`, { cause: error }));
    });
    child.on("close", (code, ended) => {
      limit.end();
      if (code === 0) resolve();
      else fail(new Error(`ended with ${code === null ? ended : `exit code ${code}`}`));
    });
  });
}

/** By the shell, which can do that from here. */
function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  spawn("/bin/sh", ["-c", `kill -KILL -${leader}`], { env: {}, stdio: "ignore" }).on("error", () => undefined);
}
