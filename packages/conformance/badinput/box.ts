import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { isRoot, openTempDir, run } from "@doppel/testkit";
import { expect, onTestFinished } from "vitest";
import { cleanEnv, DOPPEL } from "../src/program.ts";

/** What the program did, as text. */
export interface Outcome {
  /** 128 + signal number when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Run as the user who may do nothing; only root can ask for that. */
  readonly asNobody?: boolean;
  /** Standard input; default: closed, as under cron. */
  readonly input?: string;
  readonly cwd?: string;
  /** What the process may use, by prlimit(1): seconds, bytes of memory, bytes of one file. */
  readonly limits?: { readonly cpu: number; readonly data: number; readonly fsize: number };
  /** Called with each line of standard output while it runs. */
  readonly onLine?: (line: string, child: ChildProcess) => void;
}

/** A place of its own for one test: a source with three small files, and nothing yet where backups, copies and temporary files go. */
export interface Box {
  readonly path: string;
  readonly source: string;
  readonly target: string;
  readonly archive: string;
  readonly temp: string;
  /** Where restores go; not there yet. */
  readonly restored: string;
  /** `doppel full` with these places; `options` come first, without encryption unless they name a key. */
  full(options?: readonly string[], more?: StartOptions): Promise<Outcome>;
  restore(options?: readonly string[], more?: StartOptions): Promise<Outcome>;
  /** Any command; the options that name places are added. */
  doppel(args: readonly string[], more?: StartOptions): Promise<Outcome>;
  /** Everything in target, archive directory and temporary directory that is no directory, by path from the box. */
  left(): string[];
}

/** Removed when the running test has ended. */
export function makeBox(): Box {
  const dir = openTempDir("/tmp"); // short, because gpg's agent may put its socket below it
  onTestFinished(async () => {
    if (existsSync(at("gnupg"))) await run("gpgconf", ["--homedir", at("gnupg"), "--kill", "all"]);
    dir[Symbol.dispose]();
  });
  const at = (name: string): string => join(dir.path, name);
  chmodSync(dir.path, 0o755);
  for (const name of ["source", "archive", "temp", "home"]) mkdirSync(at(name));
  for (const name of ["archive", "temp", "home"]) chmodSync(at(name), 0o777);
  for (const name of ["one", "three", "two"]) writeFileSync(join(at("source"), name), `${name}\n`);
  const [source, target, archive, temp, restored] = [at("source"), at("target"), at("archive"), at("temp"), at("restored")];
  const env = { HOME: at("home"), GNUPGHOME: at("gnupg"), TMPDIR: temp };
  const start = (args: readonly string[], more: StartOptions = {}): Promise<Outcome> =>
    startDoppel(args, { cwd: dir.path, ...more, env: { ...env, ...more.env } });
  return {
    path: dir.path,
    source,
    target,
    archive,
    temp,
    restored,
    full: (options = ["--no-encryption"], more) => start(["full", "--archive-dir", archive, ...options, source, target], more),
    restore: (options = [], more) => start(["restore", "--archive-dir", at("no-archive"), ...options, target, restored], more),
    doppel: (args, more) => start(args, more),
    left: () =>
      ["target", "archive", "temp"].flatMap((name) => filesBelow(at(name)).map((path) => path.slice(dir.path.length + 1))),
  };
}

function startDoppel(args: readonly string[], { env, asNobody, input, cwd, limits, onLine }: StartOptions): Promise<Outcome> {
  const nobody = asNobody && isRoot ? { uid: 65534, gid: 65534 } : {};
  return new Promise((resolve, reject) => {
    const limited = limits ? ["prlimit", "--core=0", ...Object.entries(limits).map(([name, value]) => `--${name}=${value}`)] : [];
    const [program = "", ...words] = [...limited, process.execPath, DOPPEL, ...args];
    const child = spawn(program, words, {
      env: cleanEnv(env) as NodeJS.ProcessEnv,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      detached: true, // without a terminal, so that nothing can be asked
      ...(cwd !== undefined && { cwd }),
      ...nobody,
    });
    const stderr: Buffer[] = [];
    const stdout: Buffer[] = [];
    let line = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      stdout.push(chunk);
      if (!onLine) return;
      const lines = (line + chunk.toString("latin1")).split("\n");
      line = lines.pop()!;
      for (const complete of lines) onLine(complete, child);
    });
    child.stderr!.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.stdin?.end(input);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
      resolve({ code: code ?? 128 + constants.signals[signal!], stdout: text(stdout), stderr: text(stderr) });
    });
  });
}

/** Absolute paths, sorted; directories are gone through, not listed. */
export function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  if (!statSync(dir).isDirectory()) return [dir];
  return readdirSync(dir, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(dir, entry.name)) : [join(dir, entry.name)]))
    .sort();
}

/** The program refused: this exit code, and one clear line about it. */
export function expectRefusal(outcome: Outcome, code: number, message: RegExp): void {
  expect(outcome.stderr).toMatch(message);
  expect(outcome).toMatchObject({ code, stdout: "" });
  expectOneLine(outcome.stderr);
}

function expectOneLine(stderr: string): void {
  expect(stderr).toMatch(/^doppel: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\bbug\b|undefined|\[object| at .*\.js|Error:/);
}

/** The program did everything; shows what it said when not. */
export function expectDone(outcome: Outcome): Outcome {
  expect(outcome.code, outcome.stderr).toBe(0);
  return outcome;
}

/** The lines of a run with `--log-format json`: each is an object with version and type. */
export function jsonLines(stdout: string): { readonly v: number; readonly type: string; readonly [field: string]: unknown }[] {
  expect(stdout === "" || stdout.endsWith("\n")).toBe(true);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const value = JSON.parse(line);
      expect(value).toMatchObject({ v: 1, type: expect.any(String) });
      return value;
    });
}
