import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type PathLike,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { type BytePath, joinPath, pathFromBytes, pathFromText, pathToBytes } from "@doppel/base";
import { errnoOfCall } from "../source.ts";

/** Of Linux, where Node does not name it: the object itself, for which no right to read it is needed. */
const O_PATH = 0o10000000;

const DESCRIPTORS = "/proc/self/fd";

/** By which an object is known, whatever it is called. */
export type Identity = Pick<Stats, "dev" | "ino">;

/**
 * A directory that was seen to be one. What is in it is reached by `at`, which leads there even when somebody has renamed the
 * directory, or put a link in its place or above it: through its descriptor (`/proc/self/fd/N/name` is what openat(2) is
 * elsewhere; all threads have the same descriptors). Each such name costs 2 us more than a path, and a file takes four: so a
 * directory in which, as in all above it, nobody else can write, is a path. Where there is no /proc all are.
 */
export class Folder {
  readonly path: BytePath;
  /** Nobody but root and us can change its entries, nor what leads to it. */
  readonly isSafe: boolean;
  readonly #fd: number | undefined;
  #identity: Stats | undefined;

  private constructor(path: BytePath, isSafe: boolean, fd?: number, identity?: Stats) {
    this.path = path;
    this.isSafe = isSafe;
    this.#fd = fd;
    this.#identity = identity;
  }

  /** By its path, which is taken as it is. */
  static byPath(path: BytePath): Folder {
    return new Folder(path, false);
  }

  /**
   * Undefined when it is no directory; errors of the system.
   * @param follow it may be a link to one
   * @param holder whose descriptors are used where they are needed; undefined: a path will do. What is held has to be closed.
   * @param isAboveSafe nobody else can change what leads to it
   */
  static open(path: BytePath, follow: boolean, holder: Holder | undefined, isAboveSafe = false): Folder | undefined {
    const os = pathToBytes(path);
    if (!holder) return (follow ? statSync(os) : lstatSync(os)).isDirectory() ? new Folder(path, false) : undefined;
    try {
      const fd = openSync(os, O_PATH | constants.O_DIRECTORY | (follow ? 0 : constants.O_NOFOLLOW));
      const stat = isAboveSafe && !follow ? fstatSync(fd) : undefined;
      if (!stat || !isClosed(stat, holder)) return new Folder(pathFromText(`${DESCRIPTORS}/${fd}`), false, fd, stat);
      closeSync(fd);
      return new Folder(path, true, undefined, stat);
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

  /** The directory above one that is held, if it still is `parent`, which was closed meanwhile. */
  parent(parent: Folder): Folder | undefined {
    const fd = openSync(pathToBytes(this.at(".." as BytePath)), O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    return new Folder(pathFromText(`${DESCRIPTORS}/${fd}`), false, fd).orNothing(parent.identity);
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

/** Who holds directories: a process that can. */
export interface Holder {
  readonly uid: number;
}

/** Undefined where there is no /proc that knows our descriptors. */
export function holderHere(): Holder | undefined {
  try {
    const { uid } = statSync("/proc/self"); // the effective one
    return withObject("/", (path, stat) => isSame(statSync(path), stat())) ? { uid } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether nobody but root and us can put something else in the place of `directory`, or of one above it: all are theirs or ours, and
 * not to be written by others, or only with the sticky bit, which keeps what is not theirs. It must be a path without links.
 */
export function isSafePath(directory: BytePath, holder: Holder): boolean {
  try {
    const real = realPath(directory);
    const whole = directory.startsWith("/")
      ? directory
      : directory === "."
        ? realPath(directory)
        : joinPath(realPath("."), directory);
    if (real !== whole) return false;
    const names = real.split("/").filter((name) => name !== "");
    return [0, ...names.keys()].every((_, n) => isKept(`/${names.slice(0, n).join("/")}` as BytePath, holder));
  } catch {
    return false;
  }
}

function realPath(path: string): BytePath {
  return pathFromBytes(realpathSync(pathToBytes(path as BytePath), "buffer"));
}

/** What is ours in it stays in its place. */
function isKept(directory: BytePath, holder: Holder): boolean {
  const stat = lstatSync(pathToBytes(directory));
  return isOurs(stat, holder) && ((stat.mode & OTHERS_WRITE) === 0 || (stat.mode & STICKY) !== 0);
}

const STICKY = 0o1000;
/** With an access control list the group's bit says what anybody in it may do. */
const OTHERS_WRITE = 0o022;

function isOurs({ uid }: Stats, holder: Holder): boolean {
  return uid === 0 || uid === holder.uid;
}

function isClosed(stat: Stats, holder: Holder): boolean {
  return isOurs(stat, holder) && (stat.mode & OTHERS_WRITE) === 0;
}

/**
 * Calls `use` with a path that leads to the object at `place` and to nothing else, not even where that is a symlink.
 * Errors of the system. Only where there is a {@link holderHere}.
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
