/** Programs that run in the background until they are told to end. */
import { execFile, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";

/** As is remembered between one command and the next. */
export interface Daemon {
  readonly program: string;
  readonly pid: number;
}

const PATIENCE_MS = 120_000;

/**
 * Starts a program of PATH in a session of its own, what it says going to `log`.
 * @param lifetime  `ours`: it dies with this process, whatever ends that; `own`: it stays
 */
export function startDaemon(program: string, args: readonly string[], log: string, lifetime: "ours" | "own"): Daemon {
  const out = openSync(log, "a");
  const [file, prefix] = lifetime === "ours" ? ["setpriv", ["--pdeathsig", "KILL", "--", program]] : [program, []];
  const child = spawn(file, [...prefix, ...args], { detached: true, stdio: ["ignore", out, out] });
  closeSync(out);
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  child.on("error", () => {}); // a program that never began shows as one that ended
  child.unref();
  return { program, pid: child.pid };
}

/** Whether the process is there and still the program that was started under its number (setpriv becomes it). */
export function isRunning({ program, pid }: Daemon): boolean {
  try {
    if (/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) return false;
    return [program, "setpriv"].includes(basename(readlinkSync(`/proc/${pid}/exe`)));
  } catch {
    return false;
  }
}

/** Ends it at once; resolves when its ports are free. */
export async function killDaemon(daemon: Daemon): Promise<void> {
  if (!isRunning(daemon)) return;
  process.kill(daemon.pid, "SIGKILL");
  for (let waited = 0; isRunning(daemon) && waited < PATIENCE_MS; waited += 20) await setTimeout(20);
}

/** Waits until `ready` says so. @throws Error with the end of its log when the daemon ends or takes too long */
export async function waitFor(daemon: Daemon, log: string, ready: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await ready())) {
    const gone = !isRunning(daemon);
    if (gone || Date.now() > end) {
      const said = readFileSync(log, "utf8").trimEnd().split("\n").slice(-15).join("\n");
      throw new Error(`${daemon.program} ${gone ? "ended before it was ready" : "does not become ready"}:\n${said}`);
    }
    await setTimeout(100);
  }
}

/** Runs a program to its end; its output. @throws Error with what it said when it fails */
export async function runProgram(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { timeout: PATIENCE_MS })).stdout;
  } catch (error) {
    const { message, stderr = "" } = error as Error & { readonly stderr?: string };
    throw new Error(`${program} failed: ${message}\n${stderr}`, { cause: error });
  }
}
