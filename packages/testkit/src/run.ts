import { spawn } from "node:child_process";
import { constants } from "node:os";

export interface RunOptions {
  /** The whole environment; default: ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input; default: empty. */
  readonly input?: Uint8Array | string;
  readonly cwd?: string;
  /** Default 120,000. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Exit code; 128 + signal number when a signal ended it, as in a shell. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/**
 * Runs a program to its end, whatever its exit code.
 * @throws Error when it cannot be started, or is killed (with its children) because of the timeout
 */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { env = process.env, input = "", cwd, timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    // A group of its own, so that a timeout also ends what it started (gpg below duplicity).
    const child = spawn(command, args, { env: env as NodeJS.ProcessEnv, cwd, stdio: "pipe", detached: true });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on("error", () => undefined); // it need not read its input
    child.stdin.end(input);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (late) reject(new Error(`${command} ran longer than ${timeoutMs} ms: ${Buffer.concat(stderr).toString()}`));
      else
        resolve({ code: code ?? 128 + constants.signals[signal!], stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
    });
  });
}
