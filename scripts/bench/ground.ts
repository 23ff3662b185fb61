import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { editScattered, makeBigFile, makeCorpus } from "./corpus.ts";
import { makeKey } from "./key.ts";
import { type MeasuredRun, measure } from "./measure.ts";
import { binaryOf, type Program } from "./programs.ts";

/** Where trees are kept from one run to the next. */
export const CACHE = join(import.meta.dirname, "../../.bench");
const SEED = 1;
/** In the middle of the tree that `makeCorpus` makes. */
const WANTED = "d20/s15/file-20";
const EDITS = 300;

export interface GroundSizes {
  readonly files: number;
  readonly megabytes: number;
  readonly bigMegabytes: number;
}

/** A folder with backups, and the archive directory that belongs to it. */
export interface Target {
  readonly folder: string;
  readonly cache: string;
}

/** What all jobs stand on: the trees, a key, and a scratch folder that is gone at the end of the process. */
export class Ground {
  readonly sizes: GroundSizes;
  /** A small file of the corpus. */
  readonly wanted = WANTED;
  readonly key: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #work = mkdtempSync(join(tmpdir(), "doppel-bench-"));
  readonly #targets = new Map<string, Target>();
  readonly #known = new Map<string, unknown>();
  #names = 0;
  #rubbish: string[] = [];

  constructor(sizes: GroundSizes) {
    this.sizes = sizes;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
    process.on("exit", () => {
      spawnSync("gpgconf", ["--homedir", join(this.#work, "gnupg"), "--kill", "all"], { stdio: "ignore" });
      rmSync(this.#work, { recursive: true, force: true });
    });
    this.env = { ...process.env, GNUPGHOME: join(this.#work, "gnupg"), PASSPHRASE: "" };
    this.key = makeKey(this.env);
  }

  /** The tree of many files. */
  get corpus(): string {
    const { files, megabytes } = this.sizes;
    return this.once("corpus", () => {
      const folder = join(CACHE, `corpus-${files}-${megabytes}`);
      makeCorpus(folder, { files, bytes: megabytes * 1e6, seed: SEED });
      return folder;
    });
  }

  /** A path in the scratch folder that nobody else gets. */
  fresh(name: string): string {
    return join(this.#work, `${name}-${++this.#names}`);
  }

  /** What `make` gave the first time it was asked for under this name: runs that several jobs of a pair compare with. */
  once<T>(name: string, make: () => T): T {
    if (!this.#known.has(name)) this.#known.set(name, make());
    return this.#known.get(name) as T;
  }

  /** Runs a program with an archive directory of its own, or an empty one. @throws Error when it fails */
  run(program: Program, args: readonly string[], cache = this.fresh("cache")): MeasuredRun {
    return measure(binaryOf(program), args, { ...this.env, XDG_CACHE_HOME: cache });
  }

  /** A full backup into a new target, which is from now on that of the name, if one is given: the one before is deleted. */
  full(
    program: Program,
    options: readonly string[],
    name?: string,
    source = this.corpus,
  ): MeasuredRun & { readonly target: Target } {
    const target = { folder: this.fresh(`target-${program}`), cache: this.fresh(`cache-${program}`) };
    const args = ["full", "--encrypt-key", this.key, ...options, source, `file://${target.folder}`];
    const run = this.run(program, args, target.cache);
    if (name !== undefined) {
      this.discard(this.#targets.get(`${name} ${program}`));
      this.#targets.set(`${name} ${program}`, target);
    }
    return { ...run, target };
  }

  /** The latest full backup of the corpus; made, without measuring, when there is none. */
  target(program: Program): Target {
    return this.#targets.get(`corpus ${program}`) ?? this.full(program, [], "corpus").target;
  }

  /** A backup of the folder with the big file. It goes uncompressed: nothing that is measured depends on it. */
  bigTarget(program: Program): Target {
    const before = this.#targets.get(`big ${program}`);
    return before ?? this.full(program, ["--gpg-options=-z 0"], "big", this.bigFolder()).target;
  }

  /**
   * Not at once, and no trees of many files: for five minutes ext4 passes over every inode that was just deleted each time it looks for
   * a free one, and restores of both sides take up to three times as long.
   */
  removeAfterPair(folder: string): void {
    this.#rubbish.push(folder);
  }

  endPair(): void {
    for (const folder of this.#rubbish) rmSync(folder, { recursive: true, force: true });
    this.#rubbish = [];
  }

  discard(target: Target | undefined): void {
    if (target === undefined) return;
    for (const folder of [target.folder, target.cache]) rmSync(folder, { recursive: true, force: true });
  }

  /** The file that never changes. */
  bigFile(): string {
    const path = join(CACHE, `big-${this.sizes.bigMegabytes}`);
    this.once("big file", () => makeBigFile(path, this.sizes.bigMegabytes * 1e6, SEED));
    return path;
  }

  /** The folder with a copy of it, `file`, that is edited. */
  bigFolder(): string {
    return this.once("big folder", () => {
      const folder = this.fresh("big");
      mkdirSync(folder);
      copyFileSync(this.bigFile(), join(folder, "file"));
      return folder;
    });
  }

  /** Edits it, once for each pair, and returns its path. Both programs must have backed it up by then, or not care. */
  editedBigFile(pair: number): string {
    const path = join(this.bigFolder(), "file");
    this.once(`edits ${pair}`, () => editScattered(path, EDITS, pair));
    return path;
  }
}

/** To be awaited between runs, which block: signals that came meanwhile are heeded now, and the scratch folder goes. */
export const heedSignals = (): Promise<void> => setImmediate();

export function folderMegabytes(folder: string): number {
  const bytes = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  return bytes / 1e6;
}

/** Two sets of one target must not begin in the same second. */
export function waitASecond(): void {
  spawnSync("sleep", ["1.1"]);
}
