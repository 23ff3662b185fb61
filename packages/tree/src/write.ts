import { closeSync, constants, lstatSync, mkdirSync, openSync, renameSync, rmSync, unlinkSync, writeSync } from "node:fs";
import {
  type BytePath,
  comparePaths,
  DoppelError,
  displayPath,
  isWithin,
  joinPath,
  type PathEntry,
  pathToBytes,
  ROOT,
  type Runtime,
} from "@doppel/base";
import { errnoOfCall, normaliseSource, TreeProblemError } from "./source.ts";
import { type AttributeOptions, settleDirectory, settleFile, settleNode } from "./write/attributes.ts";
import { conflict, isDirectory, removeIfEmpty, unlock } from "./write/existing.ts";
import { makeNode } from "./write/node.ts";
import { makeParents, parentOf, writeFailed } from "./write/target.ts";

export interface TreeWriterOptions extends AttributeOptions {
  /** Replace what is in the way; a directory only by a directory, or when it is empty. */
  readonly force: boolean;
  /** For the names of unfinished files. */
  readonly random: Runtime["random"];
}

/** What has got its final name so far. */
export interface WrittenCounts {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
}

/**
 * Writes a tree that arrives in the order of the format (spec 3.8). For each entry: `begin`, for a file any number of
 * `write`, then `end`; after the last one `finish`. When the source fails inside a file: `abort`.
 *
 * Nothing unfinished ever has its final name, and nothing is written outside the target: every directory on the way was
 * made, or found to be no link, by this writer. Trouble with one entry is a problem and the entry is left out, its
 * content ignored; what would meet all others too (a full disk) is thrown, the unfinished file removed.
 *
 * @throws DoppelError restore.unsafe-path (a name that leads elsewhere, or out of order), restore.write-failed
 */
export class TreeWriter {
  readonly #target: BytePath;
  readonly #options: TreeWriterOptions;
  /** From the root down: the directories that lead to the current entry. Their attributes are set on leaving. */
  readonly #open: OpenDirectory[] = [];
  readonly #temporaryPrefix: string;
  #temporaries = 0;
  #last: BytePath | undefined;
  /** A directory that could not be made: nothing below it can be. */
  #refused: BytePath | undefined;
  #file: UnfinishedFile | undefined;
  #written = { entries: 0, files: 0, bytes: 0 };

  constructor(target: BytePath, options: TreeWriterOptions) {
    this.#target = normaliseSource(target);
    this.#options = options;
    this.#temporaryPrefix = `.doppel-restore-${Buffer.from(options.random.bytes(8)).toString("hex")}-`;
  }

  get written(): WrittenCounts {
    return this.#written;
  }

  begin(entry: PathEntry): void {
    if (this.#file !== undefined) throw new Error("begin before the end of the file in hand");
    this.#checkPlace(entry.path);
    this.#leave(entry.path);
    this.#attempt(entry.path, () => {
      this.#enterParents(entry.path);
      if (entry.type === "dir") this.#enter(entry.path, entry);
      else if (entry.type === "file") this.#file = this.#openFile(entry);
      else this.#makeNode(entry);
      if (entry.type !== "file") this.#written.entries++;
    });
  }

  /** The next bytes of the file in hand. */
  write(bytes: Uint8Array): void {
    const file = this.#file;
    if (file === undefined) return; // it was refused, and reported
    this.#attempt(file.entry.path, () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(file.fd, bytes, at, bytes.length - at);
      file.bytes += bytes.length;
    });
  }

  /** Completes the entry in hand: a file gets its attributes, then its name. */
  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#attempt(file.entry.path, () => {
      settleFile(file.fd, file.entry, this.#options);
      file.closed = true;
      closeSync(file.fd);
      this.#commit(file.temporary, file.entry.path);
      this.#file = undefined;
      this.#written.entries++;
      this.#written.files++;
      this.#written.bytes += file.bytes;
    });
  }

  /** Gives up the file in hand, if any, and removes what was written of it. */
  abort(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      if (!file.closed) closeSync(file.fd);
    } finally {
      rmSync(pathToBytes(file.temporary), { force: true });
    }
  }

  /** Leaves all directories, which gives them their owner, mode and time. */
  finish(): void {
    if (this.#file !== undefined) throw new Error("finish before the end of the file in hand");
    this.#leave(undefined);
  }

  #checkPlace(path: BytePath): void {
    const unsafe =
      path !== "" && path.split("/").some((name) => name === "" || name === "." || name === ".." || name.includes("\0"));
    const backwards = this.#last !== undefined && comparePaths(path, this.#last) <= 0;
    if (unsafe || backwards) {
      const shown = displayPath(path);
      const why = unsafe ? "is no path inside the target" : "is out of order";
      throw new DoppelError("restore.unsafe-path", `the backup names ${shown}, which ${why}; do not trust this backup`, {
        path: shown,
      });
    }
    this.#last = path;
  }

  /** Settles the directories that `next` is not in, deepest first. */
  #leave(next: BytePath | undefined): void {
    if (this.#refused !== undefined && (next === undefined || !isWithin(next, this.#refused))) this.#refused = undefined;
    for (let top = this.#open.at(-1); top !== undefined; top = this.#open.at(-1)) {
      if (next !== undefined && isWithin(next, top.path)) return;
      this.#open.pop();
      if (top.entry !== undefined) settleDirectory(this.#absolute(top.path), top.entry, top.path === "", this.#options);
    }
  }

  /** Enters the directories that lead to `path` and had no entry of their own. */
  #enterParents(path: BytePath): void {
    if (this.#refused !== undefined) throw conflict(path, "its directory could not be restored");
    if (path === "") return makeParents(this.#target);
    if (this.#open.length === 0) {
      makeParents(this.#target);
      this.#enter(ROOT, undefined);
    }
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    for (let top = this.#open.at(-1)!.path; top !== parent; top = this.#open.at(-1)!.path) {
      const end = parent.indexOf("/", top === "" ? 0 : top.length + 1);
      this.#enter((end < 0 ? parent : parent.slice(0, end)) as BytePath, undefined);
    }
  }

  /** Makes a directory, or makes sure that it is one. Closed to others until it is complete, if it has an entry. */
  #enter(path: BytePath, entry: PathEntry | undefined): void {
    try {
      const os = pathToBytes(this.#absolute(path));
      const mode = entry === undefined ? 0o777 : 0o700;
      try {
        mkdirSync(os, mode);
      } catch (error) {
        if (errnoOfCall(error) !== "EEXIST") throw error;
        if (!isDirectory(path, os)) {
          if (entry === undefined) throw conflict(path, "what should be a directory above it is none");
          if (!this.#options.force) throw conflict(path, "something that is no directory is in its place");
          unlinkSync(os);
          mkdirSync(os, mode);
        }
        if (entry !== undefined) unlock(os);
      }
    } catch (error) {
      this.#refused = path;
      throw error;
    }
    this.#open.push({ path, entry });
  }

  #openFile(entry: PathEntry): UnfinishedFile {
    const temporary = joinPath(parentOf(this.#absolute(entry.path)), this.#temporaryName());
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    return { entry, temporary, fd: openSync(pathToBytes(temporary), flags, 0o600), bytes: 0, closed: false };
  }

  #makeNode(entry: PathEntry): void {
    const directory = parentOf(this.#absolute(entry.path));
    const name = this.#temporaryName();
    const temporary = joinPath(directory, name);
    makeNode(directory, name, entry);
    try {
      settleNode(temporary, entry, this.#options);
      this.#commit(temporary, entry.path);
    } catch (error) {
      rmSync(pathToBytes(temporary), { force: true });
      throw error;
    }
  }

  /** Gives a complete object its final name, in one step even where it replaces another. */
  #commit(temporary: BytePath, path: BytePath): void {
    const os = pathToBytes(this.#absolute(path));
    const there = lstatSync(os, { throwIfNoEntry: false });
    const replaceable = this.#options.force || (path === "" && there?.isDirectory() === true);
    if (there !== undefined && !replaceable) throw conflict(path, "something is in its place");
    if (there?.isDirectory() === true) removeIfEmpty(path, os);
    renameSync(pathToBytes(temporary), os);
  }

  /** Runs one step for `path`: trouble that is the entry's own is reported, any other ends the restore. */
  #attempt(path: BytePath, step: () => void): void {
    try {
      step();
    } catch (error) {
      this.abort();
      const errno = errnoOfCall(error);
      if (error instanceof TreeProblemError && path !== "") return this.#options.onProblem({ ...error.problem, path });
      if (error instanceof TreeProblemError) throw writeFailed(this.#target, error.message, error);
      if (errno === undefined) throw error;
      if (path === "" || !OF_ONE_ENTRY.has(errno)) throw writeFailed(this.#absolute(path), errno, error);
      this.#options.onProblem({ reason: "conflict", path, incomplete: true, detail: `it could not be written (${errno})` });
    }
  }

  #absolute(path: BytePath): BytePath {
    return path === "" ? this.#target : joinPath(this.#target, path);
  }

  /** Short, so that it fits wherever the final name does not; nobody can have put anything there. */
  #temporaryName(): BytePath {
    return `${this.#temporaryPrefix}${++this.#temporaries}` as BytePath;
  }
}

/** Errors that say something about one name or place. All others (no space, no such device ...) would come again. */
const OF_ONE_ENTRY: ReadonlySet<string> = new Set([
  "EACCES",
  "EEXIST",
  "EFBIG",
  "EILSEQ",
  "EINVAL",
  "EISDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "ENOENT",
  "ENOTDIR",
  "EPERM",
]);

interface OpenDirectory {
  readonly path: BytePath;
  /** Undefined for one that the backup does not describe. */
  readonly entry: PathEntry | undefined;
}

interface UnfinishedFile {
  readonly entry: PathEntry;
  readonly temporary: BytePath;
  readonly fd: number;
  bytes: number;
  closed: boolean;
}
