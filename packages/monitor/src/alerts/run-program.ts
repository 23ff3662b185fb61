import { spawn } from "node:child_process";
import { errnoOf } from "@doppel/base";

const MOST_MS = 60_000;

/** What programs of alerts get of our environment: no credentials. */
const PASSED_ON = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"] as const;

/**
 * Runs a program with `input` on its standard input and nothing secret in its environment, for a minute at most.
 * @throws Error that does not name it, when it cannot be started, or exits with another code than 0
 */
export function runProgram(
  [program, ...args]: readonly string[],
  input: string | Uint8Array,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<void> {
  const passed = Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, {
      env: passed,
      stdio: ["pipe", "ignore", "ignore"],
      signal: AbortSignal.any([signal, AbortSignal.timeout(MOST_MS)]),
      killSignal: "SIGKILL",
    });
    child.stdin.on("error", () => undefined); // it need not read it
    child.stdin.end(input);
    child.on("error", (error) => {
      const why =
        error.name === "AbortError" ? "did not end within a minute" : `could not be run (${errnoOf(error) ?? error.message})`;
      reject(new Error(why, { cause: error }));
    });
    child.on("close", (code, ended) => {
      if (code === 0) resolve();
      else reject(new Error(`ended with ${code === null ? ended : `exit code ${code}`}`));
    });
  });
}
