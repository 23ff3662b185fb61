import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One run of one program. */
export interface Measurement {
  readonly wallSeconds: number;
  /** User and system time of the program and everything it waited for. */
  readonly cpuSeconds: number;
  /** The largest resident set of any one process, in MiB, as memory is usually told. */
  readonly peakMegabytes: number;
}

/** And what it said on standard output. */
export interface MeasuredRun extends Measurement {
  readonly output: string;
}

/** Runs a command under GNU time. @throws Error with its output when it does not exit 0 */
export function measure(command: string, args: readonly string[], env: NodeJS.ProcessEnv): MeasuredRun {
  const folder = mkdtempSync(join(tmpdir(), "doppel-time-"));
  const report = join(folder, "time");
  const began = performance.now();
  const run = spawnSync("/usr/bin/time", ["-o", report, "-f", "%U %S %M", command, ...args], {
    env,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const wallSeconds = (performance.now() - began) / 1000;
  if (run.error) throw new Error(`GNU time is needed for measuring (on Debian: apt-get install time): ${run.error.message}`);
  if (run.status !== 0) throw new Error(`${command} ${args.join(" ")}: exit code ${run.status}\n${run.stdout}${run.stderr}`);
  const [user, system, kilobytes] = readFileSync(report, "utf8").trim().split(" ").map(Number);
  rmSync(folder, { recursive: true });
  return { wallSeconds, cpuSeconds: user! + system!, peakMegabytes: kilobytes! / 1024, output: run.stdout };
}
