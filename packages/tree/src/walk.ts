import { type BigIntStats, lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import {
  type BytePath,
  DoppelError,
  displayPath,
  type EntryType,
  joinPath,
  type PathEntry,
  pathToBytes,
  ROOT,
} from "@doppel/base";
import type { OwnerNames } from "./owners.ts";
import type { ExplainedRules, ListedFolder, Rules, Subject } from "./rules/rules.ts";
import { errnoOfCall, type SourceEntry, type TreeProblem, TreeProblemError } from "./source.ts";
import { deviceOf, typeOf } from "./stat.ts";

/** How a source is walked. */
export interface WalkOptions {
  /** Compiled for the source. */
  readonly rules: Rules;
  /** Where names of owners come from. */
  readonly owners: OwnerNames;
  /** What is left out, or not stored as it is. */
  readonly onProblem: (problem: TreeProblem) => void;
  /** Store what symlinks point to (`--copy-links`). A dangling link stays a link. */
  readonly copyLinks?: boolean;
}

/**
 * The selected entries of a source (as `normaliseSource` gives it) in the order of the format (spec 3.8), the root first
 * with path "". Evaluated as the command-line spec 6.2 says. A source that is no directory is the only entry.
 * Memory: the names of one directory for each level of depth.
 * @throws DoppelError source.missing, source.unreadable (the root itself)
 */
export function* walkTree(source: BytePath, options: WalkOptions): Generator<SourceEntry, void, undefined> {
  const walk = new Walk(source, options);
  const root = walk.root();
  yield walk.given(root.entry);
  const open: Level[] = root.level === undefined ? [] : [root.level];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const name = level.names[level.next++];
    if (name === undefined) {
      open.pop();
      continue;
    }
    const listed = level.listed?.below.get(name);
    const found = walk.visit(joinPath(level.entry.path, name as BytePath), open, listed);
    if (found === undefined) continue;
    if (!found.pending) {
      for (const above of open) {
        if (above.pending) yield walk.given(above.entry);
        above.pending = false;
      }
      yield walk.given(found.entry);
    }
    if (found.level !== undefined) open.push(found.level);
  }
}

/** A directory being walked. */
export interface Level {
  readonly entry: SourceEntry;
  /** Its names in byte order, as they were when it was entered: changes under us cannot break the order. */
  readonly names: readonly string[];
  next: number;
  /** What `--files-from` lists of it. */
  readonly listed: ListedFolder | undefined;
  /** Only scanned, and nothing below it included so far. */
  pending: boolean;
}

/** An object that is selected. */
export interface Found {
  readonly entry: SourceEntry;
  /** Only when something below it is. */
  readonly pending: boolean;
  readonly level?: Level;
}

/** Looks at one object at a time. */
export class Walk {
  readonly #source: BytePath;
  readonly #prefix: string;
  readonly #options: WalkOptions;
  #rootDev = 0;

  constructor(source: BytePath, options: WalkOptions) {
    this.#source = source;
    this.#prefix = source === "/" ? "/" : `${source}/`;
    this.#options = options;
  }

  root(): Found {
    const path = displayPath(this.#source);
    try {
      const stat = this.#stat(this.#source);
      if (stat === undefined) throw missing(path);
      this.#rootDev = Number(stat.dev);
      const entry = this.#entry(ROOT, this.#source, stat);
      if (entry.type !== "dir") return { entry, pending: false };
      const { listed } = this.#options.rules;
      const names = onlyListed(namesIn(this.#source), listed);
      return { entry, pending: false, level: { entry, names, next: 0, listed, pending: false } };
    } catch (error) {
      if (error instanceof DoppelError) throw error;
      if (errnoOfCall(error) === "ENOTDIR") throw missing(path, error);
      const reason = error instanceof TreeProblemError ? error.message : (errnoOfCall(error) ?? String(error));
      throw new DoppelError(
        "source.unreadable",
        `the source ${path} cannot be read: ${reason}; check its permissions`,
        { path },
        error,
      );
    }
  }

  /** One object below the root, `open` being the directories that lead to it; undefined when it is not selected. */
  visit(path: BytePath, open: readonly Level[], listed?: ListedFolder): Found | undefined {
    const { rules } = this.#options;
    if (listed !== undefined) listed.met = true;
    const full = (this.#prefix + path) as BytePath;
    try {
      const stat = this.#stat(full);
      const type = stat === undefined ? "other" : typeOf(stat);
      const verdict = rules.judge(full, judgedAs(type), this.#subject(stat));
      if (verdict === "exclude" || (verdict === "scan" && type !== "dir")) return undefined;
      if (stat === undefined) throw problem("vanished", path, "it was gone when it was to be looked at");
      const pending = verdict === "scan";
      if (type !== "dir") return { entry: this.#entry(path, full, stat), pending };
      if (this.#options.copyLinks === true) refuseLoop(path, stat, open);
      // A folder of which nothing below is listed is not read, except for what may exclude it.
      const isEnd = listed?.below.size === 0;
      const names = isEnd && rules.hasMarkers !== true ? [] : namesIn(full);
      if (rules.excludesDirectory(names)) return undefined;
      const entry = this.#entry(path, full, stat);
      return { entry, pending, level: { entry, names: onlyListed(names, listed), next: 0, listed, pending } };
    } catch (error) {
      this.#options.onProblem(asProblem(error, path));
      return undefined;
    }
  }

  /** Why the rules judge as they do what `visit` came by. What is not there is judged as `missing`. */
  explain(path: BytePath, rules: ExplainedRules, missing: EntryType): ReturnType<ExplainedRules["explain"]> {
    const full = (this.#prefix + path) as BytePath;
    const stat = this.#statIfThere(full);
    if (stat !== undefined) return rules.explain(full, judgedAs(typeOf(stat)), this.#subject(stat));
    return rules.explain(full, missing, { dev: this.#rootDev, rootDev: this.#rootDev, mtime: Number.MAX_SAFE_INTEGER });
  }

  /** Whether there is something of that name that can be looked at. */
  isThere(path: BytePath): boolean {
    return this.#statIfThere((this.#prefix + path) as BytePath) !== undefined;
  }

  /** The names in a folder, in byte order; none in what is no folder that can be read. */
  namesIn(path: BytePath): readonly string[] {
    try {
      return namesIn((this.#prefix + path) as BytePath);
    } catch (error) {
      if (errnoOfCall(error) === undefined) throw error;
      return [];
    }
  }

  #statIfThere(full: BytePath): BigIntStats | undefined {
    try {
      return this.#stat(full);
    } catch (error) {
      if (errnoOfCall(error) === undefined) throw error;
      return undefined;
    }
  }

  #subject(stat: BigIntStats | undefined): Subject {
    return {
      dev: Number(stat?.dev ?? this.#rootDev),
      rootDev: this.#rootDev,
      mtime: stat === undefined ? 0 : wholeSeconds(stat.mtimeNs),
    };
  }

  /** The entry, on its way to the caller: only now is it certain that what there is to tell about it matters. */
  given(entry: SourceEntry): SourceEntry {
    if (entry.mtimeNs < 0n) {
      const detail = "its time lies before 1970 and is stored as 1970";
      this.#options.onProblem({ reason: "negative-mtime", path: entry.path, incomplete: false, detail });
    }
    return entry;
  }

  #stat(full: BytePath): BigIntStats | undefined {
    const os = pathToBytes(full);
    if (this.#options.copyLinks === true) {
      try {
        return statSync(os, BIGINT);
      } catch (error) {
        // Dangling, or a ring of links: kept as the link it is.
        if (errnoOfCall(error) !== "ENOENT" && errnoOfCall(error) !== "ELOOP") throw error;
      }
    }
    return lstatSync(os, { bigint: true, throwIfNoEntry: false });
  }

  #entry(path: BytePath, full: BytePath, stat: BigIntStats): SourceEntry {
    const type = typeOf(stat);
    if (type === "socket") throw problem("socket", path, "sockets are not stored", false);
    if (type === "other") throw problem("unstorable", path, "it is of a type that cannot be stored");
    const uid = Number(stat.uid);
    const gid = Number(stat.gid);
    return {
      path,
      type,
      mode: Number(stat.mode) & 0o7777,
      uid,
      gid,
      uname: this.#options.owners.userName(uid),
      gname: this.#options.owners.groupName(gid),
      mtime: wholeSeconds(stat.mtimeNs),
      size: type === "file" ? Number(stat.size) : 0,
      statSize: Number(stat.size),
      absolute: full,
      dev: Number(stat.dev),
      inode: stat.ino,
      mtimeNs: stat.mtimeNs,
      ctimeNs: stat.ctimeNs,
      ...this.#particulars(type, full, stat),
    };
  }

  #particulars(type: PathEntry["type"], full: BytePath, stat: BigIntStats): Partial<SourceEntry> | undefined {
    if (type === "symlink") return { linkTarget: readlinkSync(pathToBytes(full), "latin1") as BytePath };
    if (type === "chardev" || type === "blockdev") return { device: deviceOf(stat.rdev) };
    return this.#options.copyLinks === true ? { throughLink: true } : undefined;
  }
}

function missing(path: string, cause?: unknown): DoppelError {
  return new DoppelError(
    "source.missing",
    `the source ${path} does not exist; check the path, and whether it is mounted`,
    { path },
    cause,
  );
}

const BIGINT = { bigint: true } as const;

/** What has no type of its own in the format never gets further than the rules. */
function judgedAs(type: ReturnType<typeof typeOf>): EntryType {
  return type === "socket" || type === "other" ? "fifo" : type;
}

function namesIn(directory: BytePath): string[] {
  // One char per byte, so the default order of strings is the order of bytes.
  return readdirSync(pathToBytes(directory), "latin1").sort();
}

function onlyListed(names: string[], listed: ListedFolder | undefined): string[] {
  return listed === undefined ? names : names.filter((name) => listed.below.has(name));
}

/** Following links may lead back to where we are: into the same directory for ever. */
function refuseLoop(path: BytePath, stat: BigIntStats, open: readonly Level[]): void {
  const dev = Number(stat.dev);
  if (open.some(({ entry }) => entry.inode === stat.ino && entry.dev === dev)) {
    throw problem("unstorable", path, "the link leads back to a directory that holds it");
  }
}

/** The format's time: whole seconds, rounded down, never negative (spec 3.5). */
function wholeSeconds(nanoseconds: bigint): number {
  return nanoseconds < 0n ? 0 : Number(nanoseconds / 1_000_000_000n);
}

function problem(reason: TreeProblem["reason"], path: BytePath, detail: string, incomplete = true): TreeProblemError {
  return new TreeProblemError({ reason, path, incomplete, detail });
}

function asProblem(error: unknown, path: BytePath): TreeProblem {
  if (error instanceof TreeProblemError) return error.problem;
  const errno = errnoOfCall(error);
  if (errno === undefined) throw error;
  // ENOTDIR, EINVAL: what was a directory or a link a moment ago is something else now.
  const gone = errno === "ENOENT" || errno === "ENOTDIR" || errno === "EINVAL";
  if (gone) return { reason: "vanished", path, incomplete: true, detail: "it was removed or replaced while it was looked at" };
  const detail = errno === "ENAMETOOLONG" ? "its path is longer than the system allows" : `it cannot be read (${errno})`;
  return { reason: "unreadable", path, incomplete: true, detail };
}
