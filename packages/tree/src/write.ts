import { lstatSync, renameSync, rmSync, unlinkSync } from "node:fs";
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
  temporaryName,
} from "@doppel/base";
import { errnoOfCall, normaliseSource, TreeProblemError } from "./source.ts";
import { type AttributeOptions, settleDirectory, settleNode } from "./write/attributes.ts";
import { CrewOfOne, type FileCrew } from "./write/crew.ts";
import { conflict, removeIfEmpty } from "./write/existing.ts";
import type { FileOutcome, FilePlace } from "./write/file.ts";
import { Folder, type Holder, holderHere, type Identity, isSafePath } from "./write/folder.ts";
import { removeLeftovers, TEMPORARY } from "./write/leftovers.ts";
import { makeNode } from "./write/node.ts";
import { makeDirectory, makeParents, nameOf, parentOf, targetFolder, writeFailed } from "./write/target.ts";
import { type Turn, Turns } from "./write/turns.ts";
import { MOVED, type Step, Way } from "./write/way.ts";

/** How a tree is written. */
export interface TreeWriterOptions extends AttributeOptions {
  /** Replace what is in the way; a directory only by a directory, or when it is empty. */
  readonly force: boolean;
  /** For the names of unfinished files. */
  readonly random: Runtime["random"];
  /** Marks them. What those who are gone have left in directories that are there already is removed. */
  readonly maker?: Runtime["maker"];
  /** Asked at every file: who writes it. Without, or when undefined: this thread, at once. */
  readonly crew?: () => FileCrew | undefined;
  /**
   * From {@link targetFolder}, before anything is written: only to this directory may the target be a link, not to where one of the
   * backup leads. By default it is looked up when the writer is made, which is too late when another one has written there.
   */
  readonly targetFolder?: Identity | undefined;
  /** False: directories are known by their paths, as where there is no /proc. By default they are held where others could write. */
  readonly holdFolders?: boolean;
}

/** What has got its final name so far. */
export interface WrittenCounts {
  /** Of any type. */
  readonly entries: number;
  /** Of these, regular files. */
  readonly files: number;
  /** Of their content. */
  readonly bytes: number;
}

/**
 * Writes a tree that arrives in the order of the format (spec 3.8). For each entry: `begin`, for a file any number of
 * `write`, then `end`; after the last one `finish`. When the source fails inside a file: `abort`.
 *
 * Nothing unfinished ever has its final name, and nothing is written outside the target: every directory on the way was
 * made, or found to be no link, by this writer, and is held open where others could put a link in its place. Trouble with one
 * entry is a problem and the entry is left out, its content ignored; what would meet all others too (a full disk) is thrown, the
 * unfinished file removed.
 *
 * With a crew files are written beside each other and beside this thread; nodes, attributes of directories, problems and all that
 * replaces something still come one after another in the order of the entries. Then: `room` before `begin` and `write`, `drain`
 * before `finish`, and what is thrown may concern an entry before the one in hand.
 *
 * @throws DoppelError restore.unsafe-path (a name that leads elsewhere, or out of order), restore.write-failed
 */
export class TreeWriter {
  readonly #target: BytePath;
  readonly #options: TreeWriterOptions;
  readonly #turns = new Turns((path, step) => this.#attempt(path, step));
  /** The attributes of directories are set on leaving them. */
  readonly #way = new Way((path, step) => this.#turns.run(path, step));
  readonly #temporaryPrefix: string;
  readonly #alone: FileCrew;
  readonly #holder: Holder | undefined;
  readonly #targetFolder: Identity | undefined;
  #temporaries = 0;
  #last: BytePath | undefined;
  /** Given up, and not followed by another yet. */
  #aborted: BytePath | undefined;
  /** A directory that could not be made: nothing below it can be. */
  #refused: BytePath | undefined;
  #file: { readonly turn: Turn; readonly crew: FileCrew } | undefined;
  #written = { entries: 0, files: 0, bytes: 0 };

  constructor(target: BytePath, options: TreeWriterOptions) {
    this.#target = normaliseSource(target);
    this.#options = options;
    this.#alone = new CrewOfOne(options);
    this.#holder = options.holdFolders === false ? undefined : holderHere();
    this.#targetFolder = "targetFolder" in options ? options.targetFolder : targetFolder(this.#target);
    this.#temporaryPrefix = `${temporaryName(TEMPORARY, options)}-`;
  }

  /** Counts so far. */
  get written(): WrittenCounts {
    return this.#written;
  }

  /** The next entry, in the order of the format. */
  begin(entry: PathEntry): void {
    if (this.#file !== undefined) throw new Error("begin before the end of the file in hand");
    this.#throwFailure();
    this.#checkPlace(entry.path);
    this.#leave(entry.path);
    try {
      this.#enterParents(entry.path);
      if (entry.type === "dir") {
        this.#enter(entry.path, entry);
        this.#written.entries++;
      } else if (entry.type === "file") this.#handOver(entry);
      else this.#makeNodeInTurn(entry);
    } catch (error) {
      this.#turns.run(entry.path, () => {
        throw error;
      });
    }
    this.#throwFailure();
  }

  /** The next bytes of the file in hand, which are only read during the call. */
  write(bytes: Uint8Array): void {
    this.#throwFailure();
    const file = this.#file;
    if (file === undefined || isKnown(file.turn)) return; // it was refused, and is reported
    file.crew.write(bytes);
    this.#throwFailure();
  }

  /** Completes the entry in hand: a file gets its attributes, then its name. */
  end(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) file.crew.end();
    this.#throwFailure();
  }

  /** Gives up the file in hand, if any, and removes what was written of it. The next `begin` may be for the same path. */
  abort(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    this.#aborted = this.#last;
    file.turn.givenUp = true; // its directory is not settled before it is gone
    file.crew.abort();
  }

  /** Undefined, or to be awaited. */
  room(): Promise<void> | undefined {
    const crew = this.#crew();
    return this.#turns.waiting > MOST_TURNS || this.#way.held > MOST_FOLDERS ? crew.drain() : crew.room();
  }

  /** Leaves all directories, which gives them their owner, mode and time. */
  finish(): void {
    if (this.#file !== undefined) throw new Error("finish before the end of the file in hand");
    this.#leave(undefined);
    this.#throwFailure();
    if (this.#turns.waiting > 0) throw new Error("finish before the end of all files");
  }

  /** Removes everything that has no final name yet. The crew must have stopped. */
  abandon(): void {
    this.abort();
    for (const temporary of this.#turns.abandon()) remove(temporary);
    this.#way.closeAll();
  }

  #crew(): FileCrew {
    return this.#options.crew?.() ?? this.#alone;
  }

  #throwFailure(): void {
    const failure = this.#turns.takeFailure();
    if (failure === undefined) return;
    this.#file = undefined;
    throw failure.error;
  }

  #checkPlace(path: BytePath): void {
    const unsafe =
      path !== "" && path.split("/").some((name) => name === "" || name === "." || name === ".." || name.includes("\0"));
    const backwards = this.#last !== undefined && path !== this.#aborted && comparePaths(path, this.#last) <= 0;
    if (unsafe || backwards) {
      const shown = displayPath(path);
      const why = unsafe ? "is no path inside the target" : "is out of order";
      throw new DoppelError("restore.unsafe-path", `the backup names ${shown}, which ${why}; do not trust this backup`, {
        path: shown,
      });
    }
    this.#last = path;
    this.#aborted = undefined;
  }

  /** Settles the directories that `next` is not in, deepest first. */
  #leave(next: BytePath | undefined): void {
    if (this.#refused !== undefined && (next === undefined || !isWithin(next, this.#refused))) this.#refused = undefined;
    for (let top = this.#way.path; top !== undefined; top = this.#way.path) {
      if (next !== undefined && isWithin(next, top)) return;
      const step = this.#way.leave();
      this.#turns.run(step.path, () => this.#settle(step));
    }
  }

  #settle({ path, entry, folder }: Step): void {
    try {
      if (entry === undefined) return;
      if (folder === undefined) throw conflict(path, MOVED);
      settleDirectory(folder, entry, this.#options);
    } finally {
      if (folder) this.#way.close(folder);
    }
  }

  /** Enters the directories that lead to `path` and had no entry of their own. */
  #enterParents(path: BytePath): void {
    if (this.#refused !== undefined) throw conflict(path, "its directory could not be restored");
    if (this.#holder && this.#absolute(path).length >= PATH_MAX) throw conflict(path, TOO_LONG);
    if (path === "") {
      makeParents(this.#target);
      this.#removeLeftovers(parentOf(this.#target));
      return;
    }
    if (this.#way.path === undefined) {
      makeParents(this.#target);
      this.#enter(ROOT, undefined);
    }
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    for (let top = this.#way.path!; top !== parent; top = this.#way.path!) {
      const end = parent.indexOf("/", top === "" ? 0 : top.length + 1);
      this.#enter((end < 0 ? parent : parent.slice(0, end)) as BytePath, undefined);
    }
  }

  /** Makes a directory, or makes sure that it is one. Closed to others until it is complete, if it has an entry. */
  #enter(path: BytePath, entry: PathEntry | undefined): void {
    let folder: Folder;
    try {
      folder = this.#makeFolder(path, entry);
    } catch (error) {
      this.#refused = path;
      throw error;
    }
    this.#way.enter(path, entry, folder);
  }

  #makeFolder(path: BytePath, entry: PathEntry | undefined): Folder {
    const place = path === "" ? this.#target : this.#folder(path).at(nameOf(path));
    const mode = entry === undefined ? 0o777 : 0o700;
    const isNew = makeDirectory(place, mode);
    let folder = this.#open(path, place, isNew);
    if (folder === undefined) {
      if (entry === undefined) throw conflict(path, "what should be a directory above it is none");
      if (!this.#options.force) throw conflict(path, "something that is no directory is in its place");
      unlinkSync(pathToBytes(place));
      makeDirectory(place, mode);
      folder = this.#open(path, place, true);
      if (folder === undefined) throw conflict(path, "somebody else put something in its place");
    } else if (!isNew) {
      if (entry !== undefined) this.#unlock(folder);
      this.#removeLeftovers(folder.path);
    }
    return folder;
  }

  /** Undefined when it is no directory; or not the target's, when that is a link. */
  #open(path: BytePath, place: BytePath, isNew: boolean): Folder | undefined {
    const known = path === "" && !isNew ? this.#targetFolder : undefined;
    const isAboveSafe = path === "" ? this.#isTargetSafe() : this.#folder(path).isSafe;
    const folder = Folder.open(place, known !== undefined && !isAboveSafe, this.#holder, isAboveSafe);
    return known ? folder?.orNothing(known) : folder;
  }

  /** Nobody else can put something in the place of the target, and it is no link. */
  #isTargetSafe(): boolean {
    if (this.#holder === undefined || lstatSync(pathToBytes(this.#target)).isSymbolicLink()) return false;
    return isSafePath(parentOf(this.#target), this.#holder);
  }

  #unlock(folder: Folder): void {
    try {
      folder.unlock();
    } catch (error) {
      folder.close();
      throw error;
    }
  }

  /** The directory of `path`, which is being entered or written. */
  #folder(path: BytePath): Folder {
    return this.#way.folder(path) ?? Folder.byPath(parentOf(this.#absolute(path)));
  }

  #removeLeftovers(directory: BytePath): void {
    if (this.#options.maker) removeLeftovers(directory, this.#options.maker);
  }

  #handOver(entry: PathEntry): void {
    const { path } = entry;
    const folder = this.#folder(path);
    const temporary = folder.at(this.#temporaryName());
    const name = folder.at(nameOf(path === "" ? this.#target : path));
    const crew = this.#crew();
    const turn = this.#turns.file(path, temporary);
    this.#file = { turn, crew };
    crew.begin({ temporary, name }, entry, (outcome) => {
      this.#turns.conclude(turn, () => this.#conclude(turn, { temporary, name }, outcome));
    });
  }

  #conclude({ path }: Turn, place: FilePlace, { named, bytes, problems, failure }: FileOutcome): void {
    if (failure) return this.#trouble(path, failure.errno, failure.cause);
    for (const problem of problems) this.#options.onProblem(problem);
    try {
      if (!named) this.#commit(place, path);
    } catch (error) {
      remove(place.temporary);
      throw error;
    }
    this.#written.entries++;
    this.#written.files++;
    this.#written.bytes += bytes;
  }

  #makeNodeInTurn(entry: PathEntry): void {
    const folder = this.#folder(entry.path);
    this.#turns.run(entry.path, () => this.#makeNode(entry, folder));
  }

  #makeNode(entry: PathEntry, folder: Folder): void {
    if (this.#options.leaveSpecial && entry.device)
      throw conflict(entry.path, "devices are not made when owners are not restored");
    const temporary = this.#temporaryName();
    makeNode(folder.path, temporary, entry);
    try {
      settleNode(folder, temporary, entry, this.#options);
      const name = nameOf(entry.path === "" ? this.#target : entry.path);
      this.#commit({ temporary: folder.at(temporary), name: folder.at(name) }, entry.path);
    } catch (error) {
      remove(folder.at(temporary));
      throw error;
    }
    this.#written.entries++;
  }

  /** Gives a complete object its final name, in one step even where it replaces another. */
  #commit({ temporary, name }: FilePlace, path: BytePath): void {
    const os = pathToBytes(name);
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
      const errno = errnoOfCall(error);
      if (error instanceof TreeProblemError && path !== "") return this.#options.onProblem({ ...error.problem, path });
      if (error instanceof TreeProblemError) throw writeFailed(this.#target, error.message, error);
      if (errno === undefined) throw error;
      this.#trouble(path, errno, error);
    }
  }

  #trouble(path: BytePath, errno: string, cause: unknown): void {
    if (path === "" || !OF_ONE_ENTRY.has(errno)) throw writeFailed(this.#absolute(path), errno, cause);
    this.#options.onProblem({ reason: "conflict", path, incomplete: true, detail: `it could not be written (${errno})` });
  }

  #absolute(path: BytePath): BytePath {
    return path === "" ? this.#target : joinPath(this.#target, path);
  }

  /** Short, so that it fits wherever the final name does not; nobody can have put anything there. */
  #temporaryName(): BytePath {
    return `${this.#temporaryPrefix}${++this.#temporaries}` as BytePath;
  }
}

/** Links and folders behind a file that is still being written: more than this wait until it is. */
const MOST_TURNS = 4096;

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

/** With directories held a path of any length could be made, but nobody could use it. */
const PATH_MAX = 4096;
const TOO_LONG = "it could not be written (ENAMETOOLONG)";

/** Directories that are held: when there are more, those wait that are behind a file that is still being written. */
const MOST_FOLDERS = 256;

/** Whether the outcome of a file is known, so that what is left of it need not be written. */
function isKnown({ step }: Turn): boolean {
  return step !== undefined;
}

function remove(temporary: BytePath): void {
  rmSync(pathToBytes(temporary), { force: true });
}
