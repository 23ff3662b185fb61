import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  asStored,
  compareTrees,
  type GpgHome,
  isRoot,
  materialise,
  openTempDir,
  randomContent,
  type RunResult,
  scanTree,
  stockDuplicity,
  testKey,
  type TreeEntry,
  type TreeSpec,
} from "@doppel/testkit";
import { expect } from "vitest";
import { cleanEnv, DOPPEL, doppel } from "./program.ts";

const imported = (file: string): readonly string[] => ["--import", fileURLToPath(new URL(`../crash/${file}`, import.meta.url))];
/** Options for Node: numbers the program's operations on folders. */
export const FS_HOOK = imported("fs-hook.mjs");
/** Options for Node: kills a restore when it gives the first file its name. */
export const KILL_AT_LINK = imported("kill-at-link.mjs");
const KEY = testKey("curve");
const FIRST = 1_700_000_000;
const DAY = 86_400;

/** Which moment of an operation. */
export type When = "before" | "middle" | "after";
export const WHENS: readonly When[] = ["before", "middle", "after"];

/** Objects by name, with the digest of what they hold. */
export type Contents = ReadonlyMap<string, string>;

/** Where the backups go: a folder, or a prefix of a bucket. */
export interface CrashTarget extends AsyncDisposable {
  readonly url: string;
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Remembers what is there. */
  keep(): Promise<void>;
  /** Makes it what was kept. */
  reset(): Promise<void>;
  contents(): Promise<Contents>;
}

/** What the run after a killed one did. */
export type Outcome = "went on" | "new set" | "was complete";

const file = (path: string, size: number, seed: string, mtime: number): TreeSpec => ({
  path: path as TreeSpec["path"],
  type: "file",
  content: randomContent(`${path} ${seed}`, size),
  mtime,
});

/** States of the source. The first is small; from any to the next there are volumes of 1 MiB enough to die between. */
const STATES: readonly (readonly TreeSpec[])[] = [
  [file("a", 40_000, "0", FIRST), file("d/e", 30_000, "0", FIRST), file("gone", 9, "0", FIRST)],
  [file("a", 40_000, "1", FIRST + 1), file("d/e", 30_000, "0", FIRST), file("d/new", 5000, "1", FIRST + 1)],
  [
    file("a", 40_000, "1", FIRST + 1),
    file("b", 600_000, "2", FIRST + 2),
    file("d/e", 31_000, "2", FIRST + 2),
    file("large", 1_700_000, "2", FIRST + 2),
    { path: "link" as TreeSpec["path"], type: "symlink", target: "large" as NonNullable<TreeSpec["target"]> },
    file("z", 500_000, "2", FIRST + 2),
  ],
  [
    file("a", 41_000, "3", FIRST + 3),
    file("b", 600_000, "2", FIRST + 2),
    file("between", 70_000, "3", FIRST + 3),
    file("large", 1_700_000, "2", FIRST + 2),
    file("z", 400_000, "3", FIRST + 3),
  ],
];

/**
 * A chain of a full backup and an increment, and a third backup that is killed, encrypted to a public key, made with nothing else.
 * Everything can be set back to where the chain was made, so that one can be killed again.
 */
export class CrashBench implements AsyncDisposable {
  readonly #dir = openTempDir("/tmp");
  readonly target: CrashTarget;
  readonly #trees: (readonly TreeEntry[])[] = [];
  readonly source = this.path("source");
  readonly archive = this.path("archive");
  readonly temporary = this.path("tmp");
  #base: Contents = new Map();
  #time = 0;
  #state = 0;

  static async open(target: CrashTarget): Promise<CrashBench> {
    const bench = new CrashBench(target);
    for (const kind of ["full", "incremental"]) {
      bench.become(bench.#state);
      bench.expectDone(await bench.run(bench.backupArgs(kind)));
      bench.#state++;
    }
    bench.become(2);
    await target.keep();
    cpSync(bench.archive, bench.path("kept archive"), { recursive: true, verbatimSymlinks: true });
    bench.#base = await target.contents();
    return bench;
  }

  private constructor(target: CrashTarget) {
    this.target = target;
    mkdirSync(this.temporary);
  }

  path(name: string): string {
    return join(this.#dir.path, name);
  }

  /** The target, the archive directory and the source as before the backup that is killed. */
  async reset(): Promise<void> {
    await this.target.reset();
    rmSync(this.archive, { recursive: true, force: true });
    cpSync(this.path("kept archive"), this.archive, { recursive: true, verbatimSymlinks: true });
    if (this.#state !== 2) this.become(2);
    this.#time = 2;
  }

  /** Makes the source one of its states. */
  become(state: number): void {
    rmSync(this.source, { recursive: true, force: true });
    mkdirSync(this.source);
    materialise(STATES[state]!, this.source);
    this.#state = state;
    this.#trees[state] = asStored(scanTree(this.source));
  }

  backupArgs(kind: string): readonly string[] {
    const time = `${FIRST + DAY * this.#time++}`;
    const common = [
      "--current-time",
      time,
      "--volsize",
      "1",
      "--encrypt-key",
      KEY.publicFile,
      "--tempdir",
      this.temporary,
      "--name",
      "n",
    ];
    return [kind, ...common, ...this.target.options, "--archive-dir", this.archive, this.source, this.target.url];
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    return doppel(args, { env: { ...this.target.env, ...env } });
  }

  /** Runs the program with its operations on these folders numbered. @returns whether it was killed */
  async hooked(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    hook: Readonly<Record<string, string>>,
  ): Promise<boolean> {
    return (await this.started(args, { ...env, ...hook }, FS_HOOK).ended) === null;
  }

  /** Milliseconds that a run takes here and now: instants to kill one at lie within. */
  async duration(args: readonly string[]): Promise<number> {
    const start = performance.now();
    this.expectDone(await this.run(args));
    return performance.now() - start;
  }

  started(args: readonly string[], env: Readonly<Record<string, string>> = {}, before: readonly string[] = []) {
    const child = spawn(process.execPath, [...before, DOPPEL, ...args], {
      env: cleanEnv({ ...this.target.env, ...env }) as NodeJS.ProcessEnv,
      stdio: "ignore",
    });
    return { child, ended: once(child, "close").then(([code]) => code as number | null) };
  }

  /** What a run that was not killed must have been. */
  expectDone({ code, stdout, stderr }: RunResult): string {
    const text = `${stdout.toString()}${stderr.toString()}`;
    expect(code, text.slice(-3000)).toBe(0);
    return text;
  }

  /** Everything that a killed backup promises, from the moment it is dead. @param changed the source changes before the next run */
  async expectSound(changed: boolean, stock?: GpgHome): Promise<Outcome> {
    const left = await this.target.contents();
    expectKept(this.#base, left);
    await this.expectPoint(left.size % 2, 0.5 + (left.size % 2));
    if (changed) this.become(3);
    this.expectDone(await this.run(this.backupArgs("backup")));
    const after = await this.target.contents();
    expectKept(left, after);
    const made = manifestsOf(after).filter((name) => !left.has(name));
    expect(made.length, "manifests of backups that were made").toBe(1);
    const set = made[0]!.slice(0, made[0]!.lastIndexOf("manifest"));
    const isNew = ![...left.keys()].some((name) => name.startsWith(set));
    const outcome = !isNew ? "went on" : manifestsOf(left).length > manifestsOf(this.#base).length ? "was complete" : "new set";
    const restored = await this.restored(undefined);
    if (changed && outcome === "went on") {
      this.#expectMixed(restored);
      this.expectDone(await this.run(this.backupArgs("incremental")));
      this.#expectTree(await this.restored(undefined), this.#state);
    } else this.#expectTree(restored, this.#state);
    if (stock) await this.#expectStock(stock);
    return outcome;
  }

  /** A point of the chain that was there before. */
  async expectPoint(state: number, days: number): Promise<void> {
    this.#expectTree(await this.restored(FIRST + DAY * days), state);
  }

  /** With nothing but the target and the secret key. @param time default: the newest */
  async restored(time: number | undefined): Promise<readonly TreeEntry[]> {
    const out = this.path("out");
    rmSync(out, { recursive: true, force: true });
    const [, ...args] = this.readingArgs("restore");
    const at = time === undefined ? [] : ["-t", `${Math.floor(time)}`];
    this.expectDone(await this.run(["restore", ...at, ...args, out], this.readingEnv));
    return scanTree(out);
  }

  /** A command line that ends with the target; it has nothing but the secret key. */
  readingArgs(command: string): readonly string[] {
    const { options, url } = this.target;
    return [
      command,
      "--secret-key",
      KEY.secretFile,
      "--archive-dir",
      this.path("none"),
      "--tempdir",
      this.temporary,
      ...options,
      url,
    ];
  }

  readonly readingEnv = { PASSPHRASE: KEY.passphrase };

  /** Names of what killed runs may leave: in the archive directory, and for temporary files. */
  leftovers(): readonly string[] {
    const below = (folder: string): string[] =>
      existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [];
    return [...below(this.archive), ...below(this.temporary)].filter((name) =>
      /(^|\/)\.?doppel[.-](?!copies\.sha256$)/.test(name),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.target[Symbol.asyncDispose]();
    this.#dir[Symbol.dispose]();
  }

  #expectTree(found: readonly TreeEntry[], state: number): void {
    expect(compareTrees(this.#trees[state]!, found, { ignoreOwner: !isRoot }), `state ${state}`).toEqual([]);
  }

  /** Every file as it was before or after the change, and none that was in neither. */
  #expectMixed(found: readonly TreeEntry[]): void {
    const known = new Set(
      [...this.#trees[2]!, ...this.#trees[3]!].filter(({ type }) => type !== "dir").map((entry) => JSON.stringify(entry)),
    );
    const strange = found.filter((entry) => entry.type !== "dir" && !known.has(JSON.stringify(entry)));
    expect(strange).toEqual([]);
    expect(found.length).toBeGreaterThan(3);
  }

  async #expectStock(home: GpgHome): Promise<void> {
    using stock = stockDuplicity(home);
    const out = this.path("stock out");
    rmSync(out, { recursive: true, force: true });
    const { code, stderr } = await stock.run(["restore", this.target.url, out], { PASSPHRASE: KEY.passphrase });
    expect(code, stderr.toString()).toBe(0);
    this.#expectTree(scanTree(out), this.#state);
  }
}

/** Every object of `before` is in `after`, byte for byte. */
export function expectKept(before: Contents, after: Contents): void {
  const harmed = [...before].filter(([name, digest]) => after.get(name) !== digest).map(([name]) => name);
  expect(harmed, "objects that were deleted or replaced").toEqual([]);
}

function manifestsOf(contents: Contents): readonly string[] {
  return [...contents.keys()].filter((name) => name.includes(".manifest"));
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
