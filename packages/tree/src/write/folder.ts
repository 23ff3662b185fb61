import { chmodSync, closeSync, constants, fstatSync, lstatSync, openSync, type PathLike, type Stats, statSync } from "node:fs";
import { type BytePath, joinPath, pathFromText, pathToBytes } from "@doppel/base";
import { errnoOfCall } from "../source.ts";

/** Of Linux, where Node does not name it: the object itself, for which no right to read it is needed. */
const O_PATH = 0o10000000;

const DESCRIPTORS = "/proc/self/fd";

/** By which an object is known, whatever it is called. */
export type Identity = Pick<Stats, "dev" | "ino">;

/**
 * A directory that was seen to be one. What is in it is reached by `at`, which leads there even when somebody has renamed the
 * directory, or put a link in its place or above it: through its descriptor (`/proc/self/fd/N/name` is what openat(2) is
 * elsewhere; all threads have the same descriptors). Where there is no /proc it is a path, and whoever may write above can exchange it.
 */
export class Folder {
  readonly path: BytePath;
  readonly #fd: number | undefined;
  #identity: Stats | undefined;

  private constructor(path: BytePath, fd?: number) {
    this.path = path;
    this.#fd = fd;
  }

  /** By its path, which is taken as it is. */
  static byPath(path: BytePath): Folder {
    return new Folder(path);
  }

  /**
   * Undefined when it is no directory; errors of the system.
   * @param follow it may be a link to one
   * @param hold by a descriptor, which has to be closed: see {@link canHold}
   */
  static open(path: BytePath, follow: boolean, hold: boolean): Folder | undefined {
    const os = pathToBytes(path);
    if (!hold) return (follow ? statSync(os) : lstatSync(os)).isDirectory() ? new Folder(path) : undefined;
    try {
      const fd = openSync(os, O_PATH | constants.O_DIRECTORY | (follow ? 0 : constants.O_NOFOLLOW));
      return new Folder(pathFromText(`${DESCRIPTORS}/${fd}`), fd);
    } catch (error) {
      if (["ENOTDIR", "ELOOP"].includes(errnoOfCall(error) ?? "")) return undefined;
      throw error;
    }
  }

  get isHeld(): boolean {
    return this.#fd !== undefined;
  }

  /** The path of a name in it. */
  at(name: BytePath): BytePath {
    return joinPath(this.path, name);
  }

  /** The directory above, if it still is `parent`, which was closed meanwhile. */
  parent(parent: Folder): Folder | undefined {
    return Folder.open(this.at(".." as BytePath), false, true)?.orNothing(parent.identity);
  }

  /** Itself if it is that directory; otherwise it is closed. */
  orNothing(identity: Identity): Folder | undefined {
    if (isSame(this.identity, identity)) return this;
    this.close();
    return undefined;
  }

  /** Known from then on, also when it is closed. */
  get identity(): Stats {
    this.#identity ??= this.#fd === undefined ? statSync(pathToBytes(this.path)) : fstatSync(this.#fd);
    return this.#identity;
  }

  /** Lets us write in it, whatever its mode; it gets its own back when it is left. */
  unlock(): void {
    const { mode } = this.identity;
    if ((mode & 0o700) !== 0o700) chmodSync(pathToBytes(this.path), (mode & 0o7777) | 0o700);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

/** Whether directories can be held here: there is a /proc that knows our descriptors. */
export function canHold(): boolean {
  try {
    return withObject("/", (path, stat) => isSame(statSync(path), stat()));
  } catch {
    return false;
  }
}

/**
 * Calls `use` with a path that leads to the object at `place` and to nothing else, not even where that is a symlink.
 * Errors of the system. Only where {@link canHold}.
 */
export function withObject<T>(place: PathLike, use: (path: string, stat: () => Stats) => T): T {
  const fd = openSync(place, O_PATH | constants.O_NOFOLLOW);
  try {
    return use(`${DESCRIPTORS}/${fd}`, () => fstatSync(fd));
  } finally {
    closeSync(fd);
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}
