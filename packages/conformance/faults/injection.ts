import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunResult, run } from "@doppel/testkit";
import { describe } from "vitest";
import { cleanEnv, DOPPEL } from "../src/program.ts";

/** A system call that fails, by strace(1): the `nth` of that name in each thread of the program. */
export interface Fault {
  readonly call: string;
  readonly errno: string;
  readonly nth: number;
}

/** What may go wrong with each call that works on files. */
const ERRNOS: Readonly<Record<string, readonly string[]>> = {
  openat: ["EMFILE", "EIO", "EACCES"],
  read: ["EIO"],
  pread64: ["EIO"],
  write: ["ENOSPC", "EIO"],
  pwrite64: ["ENOSPC", "EIO"],
  writev: ["ENOSPC", "EIO"],
  pwritev: ["ENOSPC", "EIO"],
  fsync: ["EIO", "ENOSPC"],
  fdatasync: ["EIO", "ENOSPC"],
  rename: ["EIO", "ENOSPC"],
  link: ["EIO", "EPERM"],
  mkdir: ["ENOSPC", "EACCES"],
  getdents64: ["EIO"],
  statx: ["EIO", "EACCES"],
  unlink: ["EACCES"],
  ftruncate: ["EIO"],
  fchmod: ["EPERM"],
  fchown: ["EPERM"],
  symlink: ["ENOSPC"],
  utimensat: ["EPERM"],
};

const CALLS = Object.keys(ERRNOS).join(",");

/** A run under strace: what it did, and which calls failed because they were told to. */
export interface Traced extends RunResult {
  readonly injected: readonly string[];
}

export interface TraceOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The program; default: doppel. */
  readonly program?: string;
}

/** Runs the program with one fault, or with a fault of a given strace expression. */
export async function withFault(args: readonly string[], fault: Fault | string, options: TraceOptions): Promise<Traced> {
  const expression = typeof fault === "string" ? fault : `${fault.call}:error=${fault.errno}:when=${fault.nth}`;
  const log = join(options.cwd, "strace.log");
  const trace = ["-f", "-qq", "-y", "-o", log, "-e", `inject=${expression}`, "-e", `trace=${expression.split(":")[0]!}`];
  const result = await strace(trace, args, options);
  const injected = readFileSync(log, "latin1")
    .split("\n")
    .filter((line) => line.endsWith("(INJECTED)"));
  return { ...result, injected };
}

/** Every fault that could be injected into a run, at calls about files below `cwd`, in the order of the calls. The run is done once for that. */
export async function faultsOf(args: readonly string[], options: TraceOptions): Promise<readonly Fault[]> {
  const log = join(options.cwd, "strace.log");
  const { code, stderr } = await strace(["-f", "-qq", "-y", "-o", log, "-e", `trace=${CALLS}`], args, options);
  if (code !== 0) throw new Error(`the run without faults ended with ${code}: ${stderr.toString()}`);
  const counts = new Map<string, number>();
  const found = new Map<string, Fault>();
  for (const line of readFileSync(log, "latin1").split("\n")) {
    const [, thread, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (call === undefined || !(call in ERRNOS)) continue;
    const nth = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, nth);
    if (!line.includes(`${options.cwd}/`) || line.includes("strace.log")) continue;
    for (const errno of ERRNOS[call]!) found.set(`${call} ${errno} ${nth}`, { call, errno, nth });
  }
  return [...found.values()];
}

function strace(
  trace: readonly string[],
  args: readonly string[],
  { cwd, env, program = DOPPEL }: TraceOptions,
): Promise<RunResult> {
  // One thread of libuv: the numbers of calls are then those of the run before, or nearly.
  const clean = cleanEnv({ HOME: cwd, TMPDIR: join(cwd, "temp"), UV_THREADPOOL_SIZE: "1", ...env });
  return run("strace", [...trace, process.execPath, program, ...args], { cwd, env: clean });
}

/** A `describe` whose tests make system calls fail; without strace, or the right to use it, they are skipped with one loud line. */
export function describeFaults(title: string, body: () => void): void {
  const able = spawnSync("strace", ["-qq", "-o", "/dev/null", "-e", "inject=openat:error=EIO:when=65000", "true"]).status === 0;
  if (!able && process.env["DOPPEL_REQUIRE_INTEROP"] === "1")
    throw new Error(`${title}: needs strace(1), and the right to trace`);
  if (!able) console.warn(`SKIPPED ${title}: needs strace(1), and the right to trace`);
  describe.skipIf(!able)(title, body);
}
