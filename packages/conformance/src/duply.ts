import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  asStored,
  compareTrees,
  type GpgHome,
  gpgHome,
  isRoot,
  openTempDir,
  run,
  scanTree,
  testKey,
  type TreeEntry,
} from "@doppel/testkit";
import { expect } from "vitest";
import { buildExecutable, EXECUTABLES } from "./executable.ts";
import { type Said, said } from "./s3-place.ts";

/** What is called `duplicity` on duply's PATH. */
export type Program = "executable" | "script" | "stock";

/** `DUPLY_WITH=stock` runs the scenarios with stock duplicity: what the tests expect is what it does. */
export const PROGRAM = (process.env["DUPLY_WITH"] ?? "executable") as Program;

const PATHS: Readonly<Record<Program, string>> = {
  executable: join(EXECUTABLES, "duplicity"),
  script: fileURLToPath(new URL("../../cli/bin/duplicity.js", import.meta.url)),
  stock: "/usr/bin/duplicity",
};
const KEY = testKey("rsa");
/** What verify says, in the words of duplicity 0.8 and of 3. */
export const NO_DIFFERENCES = /Verify complete: \d+ file(?:s?|\(s\)) compared, 0 difference(?:s|\(s\)) found/;

/** Lines of `conf`, by variable; null leaves one out. */
export type Conf = Readonly<Record<string, string | null>>;

export interface PlaceOptions {
  readonly program?: Program;
  /** Test keys in the keyring besides the one of the profile. */
  readonly keys?: readonly string[];
  /** How to run duply: a command line, which is given to sh, and sees no more than /tmp. */
  readonly command?: string;
  /** More lines of `conf`, as they are. */
  readonly lines?: readonly string[];
  readonly conf?: Conf;
}

/** A home with one profile, `t`, a source, and what is called `duplicity` first on PATH. */
export class DuplyPlace implements AsyncDisposable {
  readonly #dir = openTempDir("/tmp");
  readonly #gpg: GpgHome;
  readonly #options: PlaceOptions;
  #edits = 0;
  #lastSecond = 0;
  #program: Program | undefined;

  private constructor(gpg: GpgHome, options: PlaceOptions) {
    this.#gpg = gpg;
    this.#options = options;
  }

  /** With a profile, and a source that has a text, a folder with a file, a link and an empty folder. */
  static async open(options: PlaceOptions = {}): Promise<DuplyPlace> {
    const { program = PROGRAM, keys = [] } = options;
    if (program === "executable") await buildExecutable();
    const place = new DuplyPlace(await gpgHome(["rsa", ...keys]), options);
    mkdirSync(place.path("bin"));
    place.use(program);
    for (const folder of ["home/.duply/t", "src/empty", "tmp"]) mkdirSync(place.path(folder), { recursive: true, mode: 0o700 });
    place.write("a.txt", "one\n");
    place.write("sub/b", "in a folder\n");
    symlinkSync("a.txt", place.path("src/link"));
    place.configure();
    return place;
  }

  path(name: string): string {
    return join(this.#dir.path, name);
  }

  get source(): string {
    return this.path("src");
  }

  /** Puts another program in the place of `duplicity`. */
  use(program: Program): void {
    const link = this.path("bin/duplicity");
    this.#program = program;
    rmSync(link, { force: true });
    symlinkSync(PATHS[program], link);
  }

  /** Writes `conf` anew. */
  configure(conf: Conf = {}, lines: readonly string[] = []): void {
    const all: Conf = {
      GPG_KEY: KEY.fingerprint,
      GPG_PW: KEY.passphrase,
      GPG_OPTS: "--pinentry-mode loopback",
      GPG_TEST: "disabled",
      SOURCE: this.source,
      TARGET: `file://${this.path("target")}`,
      ...this.#options.conf,
      ...conf,
    };
    const text = Object.entries(all).map(([name, value]) => (value === null ? "" : `${name}=${quoted(value)}\n`));
    const more = [...(this.#options.lines ?? []), ...lines].map((line) => `${line}\n`);
    writeFileSync(this.path("home/.duply/t/conf"), [...text, ...more].join(""), { mode: 0o600 });
  }

  exclude(...lines: readonly string[]): void {
    writeFileSync(this.path("home/.duply/t/exclude"), lines.map((line) => `${line}\n`).join(""));
  }

  /** Makes or changes a file of the source, at a time that no other edit has. */
  write(name: string, content: Uint8Array | string): void {
    const file = join(this.source, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    utimesSync(file, 1_700_000_000, 1_700_000_000 + ++this.#edits);
  }

  /** Runs `duply t …` without a terminal, whatever its exit code. */
  duply(...args: readonly string[]): Promise<Said> {
    return this.duplyOf("t", ...args);
  }

  async duplyOf(profile: string, ...args: readonly string[]): Promise<Said> {
    const { command = "duply" } = this.#options;
    return said(await run("sh", ["-c", `${command} "$@"`, "sh", profile, ...args], { env: this.env(), cwd: this.#dir.path }));
  }

  /** Puts a copy in the place of `duplicity`, and ends the agent: for a duply that runs in a system of its own. */
  async moveIn(): Promise<void> {
    const program = this.path("bin/duplicity");
    const original = realpathSync(program);
    rmSync(program);
    copyFileSync(original, program);
    await run("gpgconf", ["--homedir", this.#gpg.path, "--kill", "all"]);
  }

  env(): Record<string, string> {
    return {
      PATH: `${this.path("bin")}:/usr/local/bin:/usr/bin:/bin`,
      HOME: this.path("home"),
      GNUPGHOME: this.#gpg.path,
      ...(this.#options.command === undefined && { TMPDIR: this.path("tmp") }),
      TZ: "UTC",
      LANG: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      AWS_EC2_METADATA_DISABLED: "true",
    };
  }

  /** As `duply`, which must end well, and with the executable say nothing on standard error. @returns standard output */
  async done(...args: readonly string[]): Promise<string> {
    const outcome = await this.duply(...args);
    expect(outcome.code, `duply t ${args.join(" ")}\n${outcome.stdout}\n${outcome.stderr}`.slice(-6000)).toBe(0);
    if (this.#program === "executable") expect(outcome.stderr).toBe("");
    return outcome.stdout;
  }

  /** A backup in a second of its own. @returns its time, and what it has to give back */
  async backup(...args: readonly string[]): Promise<Point> {
    while (Math.floor(Date.now() / 1000) <= this.#lastSecond) await sleep(50);
    const output = await this.done(...args);
    this.#lastSecond = Math.floor(Date.now() / 1000);
    return { time: `${this.#lastSecond}`, tree: asStored(scanTree(this.source)), output };
  }

  /** A failed command: duply's own code is 1, that of duplicity stands in its text. */
  async fails(code: number, ...args: readonly string[]): Promise<Said> {
    const outcome = await this.duply(...args);
    expect(outcome.code, `duply t ${args.join(" ")}\n${outcome.stdout}\n${outcome.stderr}`.slice(-6000)).toBe(1);
    expect(`${outcome.stdout}${outcome.stderr}`).toMatch(new RegExp(`FAILED.*code '?${code}\\b`));
    return outcome;
  }

  /** The mail address in the key's user id. */
  async mailOfKey(): Promise<string> {
    const { stdout } = await run("gpg", ["--with-colons", "--list-keys", KEY.fingerprint], { env: this.env() });
    return /^uid:.*<([^>]+)>/m.exec(stdout.toString())![1]!;
  }

  /** Gives the key's passphrase to the agent, as somebody does who has typed it. */
  async unlockAgent(): Promise<void> {
    const unlock = ["--batch", "--pinentry-mode", "loopback", "--passphrase", KEY.passphrase];
    await run("gpg", [...unlock, "-u", KEY.fingerprint, "--sign", "-o", "/dev/null"], { env: this.env(), input: "x" });
    const encrypted = await run("gpg", ["--batch", "--trust-model", "always", "-r", KEY.fingerprint, "-e"], {
      env: this.env(),
      input: "x",
    });
    const { code, stderr } = await run("gpg", [...unlock, "-d"], { env: this.env(), input: encrypted.stdout });
    expect(code, stderr.toString()).toBe(0);
  }

  expectTree(name: string, { tree }: Point): void {
    expect(compareTrees(tree, scanTree(this.path(name)), { ignoreOwner: !isRoot })).toEqual([]);
  }

  /** Names at the target (or in another folder), in order; without doppel's own indexes, which stock does not see. */
  names(folder = "target"): readonly string[] {
    return readdirSync(this.path(folder))
      .filter((name) => !/\.index\b/.test(name))
      .toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gpg[Symbol.asyncDispose]();
    chmodSync(this.#dir.path, 0o700);
    this.#dir[Symbol.dispose]();
  }
}

/** What a backup has to give back. */
export interface Point {
  /** For `-t`. */
  readonly time: string;
  readonly tree: readonly TreeEntry[];
  readonly output: string;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What every profile has to be able to do: a backup, one on top, verify, restore. */
export async function mainScenarios(place: DuplyPlace): Promise<void> {
  await place.backup("backup");
  place.write("a.txt", "two\n");
  const last = await place.backup("backup");
  expect(last.output).toMatch(/ChangedFiles 1\b/);
  expect(await place.done("verify", "--compare-data")).toMatch(NO_DIFFERENCES);
  await place.done("restore", place.path("out"));
  place.expectTree("out", last);
}
