import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openTempDir, randomContent, run, testKey } from "@doppel/testkit";
import { expect } from "vitest";
import { ProcessWatch, type SeenProcess } from "../src/process-watch.ts";
import { cleanEnv, DOPPEL } from "../src/program.ts";
import { type Said, said } from "../src/s3-place.ts";
import { type Secret, Searcher } from "../src/secret-search.ts";

const HOOK = fileURLToPath(new URL("./spy-hook.mjs", import.meta.url));

/** The word by which the program is its agent. */
const AGENT = "--passphrase-agent";

/** With no umask that would hide what the program makes readable for all. */
const AS_CARELESS = ["sh", "-c", 'umask 0; exec "$@"', "sh"];

/** Of a backup, and one that is not the right one. They look different in every form. */
export const PASSPHRASE = `Gänse "fett" $1 +/= 100% 'ja'`;
export const WRONG = "Gänse 'mager' +/= 99%";
/** Stands in files of the source. */
export const PLAIN = "MARKED: what nobody but the source and a restore may hold";

/** From the middle of a key's secret half, where the sealed numbers are: bytes, and a line of the armor. */
export function secretsOfKey(name: string): readonly Secret[] {
  const { secretFile, passphrase } = testKey(name);
  const lines = readFileSync(secretFile, "latin1").split("\n");
  const body = lines.slice(lines.indexOf("") + 1).filter((line) => /^[A-Za-z0-9+/]{64}/.test(line));
  const bytes = Buffer.from(body.join(""), "base64");
  // The last quarter: in front of it is the public half, which is in many places.
  return [
    { name: `passphrase of key ${name}`, value: passphrase },
    { name: `secret half of key ${name}`, value: bytes.subarray(-40, -8) },
  ];
}

interface Seen {
  readonly program?: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  readonly opened?: string;
}

export interface Given {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly code?: number | readonly number[];
  readonly as?: "duplicity";
  /** The command has no options for temporary files and so on. */
  readonly bare?: boolean;
  /** What stands before the program on the command line. */
  readonly before?: readonly string[];
  /** Loaded into the program, behind what watches it. */
  readonly imported?: string;
}

/**
 * A machine in one folder: a source with marked content, a target, and every place where a program could leave something. Each command is
 * watched from inside (what it starts, what it writes to) and from outside (/proc), and all that it prints is searched.
 */
export class World implements Disposable {
  readonly #dir = openTempDir("/tmp");
  readonly searcher: Searcher;
  readonly #watch = new ProcessWatch();
  /** All that was printed, and all that was seen of children. */
  readonly printed: string[] = [];
  /** Programs that were started, by their names. */
  readonly started = new Set<string>();
  #time = 1_700_000_000;

  constructor(secrets: readonly Secret[]) {
    this.searcher = new Searcher([
      { name: "the passphrase", value: PASSPHRASE },
      { name: "the wrong passphrase", value: WRONG },
      { name: "plain text", value: PLAIN },
      ...secrets,
    ]);
    for (const name of ["source/d", "home", "cwd", "default-tmp", "temp", "given", "run", "out"]) {
      mkdirSync(this.path(name), { recursive: true, mode: 0o700 });
    }
    writeFileSync(this.path("source/small"), `${PLAIN}\n`);
    // Larger than what is kept in memory, so that temporary files are needed.
    const large = Buffer.from(randomContent("large", 6_000_000));
    for (let at = 0; at < large.length; at += 100_000) large.write(PLAIN, at, "latin1");
    writeFileSync(this.path("source/d/large"), large);
  }

  path(name: string): string {
    return join(this.#dir.path, name);
  }

  /** A file of the user's with a secret in it, which may be read and never changed. */
  give(name: string, content: string, mode = 0o600): string {
    const path = this.path(`given/${name}`);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode });
    return path;
  }

  /** What all commands get that store or read backups. */
  get common(): readonly string[] {
    return ["--archive-dir", this.path("archive"), "--tempdir", this.path("temp"), "--log-file", this.path("log"), "-v9"];
  }

  /** `--current-time` a day later each time. */
  get later(): readonly string[] {
    return ["--current-time", String((this.#time += 86_400))];
  }

  /** Changes the large file, so that an increment holds a delta of it. */
  edit(): void {
    const path = this.path("source/d/large");
    const content = readFileSync(path);
    content.write(`edited at ${this.#time}`, 2_000_000);
    writeFileSync(path, content);
  }

  /** Runs a command, which must have shown nothing. */
  async run(args: readonly string[], given: Given = {}): Promise<Said> {
    const { outcome, title, problems } = await this.look(args, given);
    if (given.code !== undefined)
      expect([given.code].flat(), `${title}: ${outcome.code}\n${outcome.stderr}`).toContain(outcome.code);
    expect(problems, title).toEqual([]);
    return outcome;
  }

  /** Runs a command and looks at all it did. */
  async look([command, ...args]: readonly string[], given: Given = {}) {
    const program = given.as === "duplicity" ? join(dirname(DOPPEL), "duplicity") : DOPPEL;
    const spy = this.path("spied");
    const line = [...(command === undefined ? [] : [command]), ...(given.bare ? [] : this.common), ...args];
    const env = this.env({ SPY: spy, ...given.env });
    const loaded = given.imported === undefined ? [] : ["--import", given.imported];
    const [first = "", ...rest] = [
      ...(given.before ?? AS_CARELESS),
      process.execPath,
      "--import",
      HOOK,
      ...loaded,
      program,
      ...line,
    ];
    const { input = "" } = given;
    const outcome = said(await run(first, rest, { env, cwd: this.path("cwd"), input }));
    this.printed.push(outcome.stdout, outcome.stderr);
    const problems = [
      ...this.searcher.in(outcome.stdout).map((what) => `${what} on standard output`),
      ...this.searcher.in(outcome.stderr).map((what) => `${what} on standard error`),
      ...this.#problemsOf(spy),
    ];
    return { outcome, title: line.join(" "), problems };
  }

  async done(args: readonly string[], given: Given = {}): Promise<Said> {
    return this.run(args, { code: 0, ...given });
  }

  env(more: Readonly<Record<string, string | undefined>> = {}): Record<string, string | undefined> {
    const places = { HOME: this.path("home"), TMPDIR: this.path("default-tmp"), XDG_RUNTIME_DIR: this.path("run") };
    return cleanEnv({ ...places, DOPPEL_PROFILES: this.path("given/profiles.yaml"), ...more });
  }

  /** What is wrong with the children of a command and the files that it wrote. */
  #problemsOf(spy: string): readonly string[] {
    if (!existsSync(spy)) return [];
    const lines = readFileSync(spy, "utf8").trimEnd().split("\n");
    writeFileSync(spy, "");
    return lines
      .filter((line) => line !== "")
      .flatMap((line) => {
        const { program, args = [], env = [], opened } = JSON.parse(line) as Seen;
        if (opened !== undefined) return this.#mayWrite(opened) ? [] : [`wrote to ${opened}`];
        this.started.add(program!.split("/").at(-1)!);
        this.printed.push(line);
        return [...args, ...env].flatMap((word) =>
          this.searcher.in(word).map((what) => `${what} given to ${program}: ${args.join(" ")}`),
        );
      });
  }

  #mayWrite(path: string): boolean {
    const places = ["target", "archive", "temp", "log", "out", "copy", "given/profiles.yaml", "given/state", "run"];
    return (
      path === this.path("given") ||
      /^\/dev\/|^\/proc\/self\//.test(path) ||
      places.some((place) => path.startsWith(this.path(place)))
    );
  }

  /** Nothing is anywhere but where it belongs. @param more  other secrets than those of this world */
  expectClean(more?: readonly Secret[]): void {
    expect(this.findings(more)).toEqual([]);
  }

  /** All that was left, was printed, or could be seen of processes. */
  findings(more?: readonly Secret[]): readonly string[] {
    const searcher = more === undefined ? this.searcher : new Searcher(more);
    return [
      ...searcher.below(this.#dir.path, ["source", "given", "out"]),
      ...searcher.in(this.printed.join("\n")).map((what) => `${what} was printed`),
      ...this.#ofProcesses(searcher),
      ...["archive", "temp", "run", "log", "home"].flatMap((name) => this.#open(name)),
    ];
  }

  /** What others could read. */
  #open(name: string): readonly string[] {
    const path = this.path(name);
    if (!existsSync(path)) return [];
    const stats = lstatSync(path);
    if (stats.isSocket() || (stats.mode & 0o077) === 0) return [];
    const below = stats.isDirectory() ? readdirSync(path) : [];
    return stats.isDirectory() && below.length > 0
      ? below.flatMap((inner) => this.#open(join(name, inner)))
      : [`${name} is open to others`];
  }

  /** Whether such a process of this world was seen. */
  watched(matches: (args: string) => boolean): boolean {
    return this.#here().some(({ args }) => matches(args));
  }

  #here(): readonly SeenProcess[] {
    return this.#watch.processes.filter(({ args, environment }) => `${args}${environment}`.includes(this.#dir.path));
  }

  /** Of all that began here since. What is on the program's own command line and in its environment the user put there. */
  #ofProcesses(searcher: Searcher): readonly string[] {
    return this.#here().flatMap(({ args, environment }) => {
      const isTheUsers = args.includes(HOOK) && !args.includes(AGENT);
      return (isTheUsers ? [] : searcher.in(Buffer.from(`${args}\0${environment}`, "latin1"))).map(
        (what) => `${what} seen of ${args.replaceAll("\0", " ")}`,
      );
    });
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#dir[Symbol.dispose]();
  }
}
