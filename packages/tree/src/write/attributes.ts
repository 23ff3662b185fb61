import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  openSync,
  type Stats,
  utimesSync,
} from "node:fs";
import { type BytePath, type PathEntry, pathToBytes } from "@doppel/base";
import type { OwnerNames } from "../owners.ts";
import { errnoOfCall, type TreeProblem } from "../source.ts";
import { conflict } from "./existing.ts";
import { type Folder, withObject } from "./folder.ts";

/** What is restored of attributes. */
export interface AttributeOptions {
  /** Where numbers of owners come from. */
  readonly owners: OwnerNames;
  /** Owners by number even where the name is known here. */
  readonly numericOwner: boolean;
  /** Set owners at all; false leaves them alone without a word. A refused chown is a notice, "owner", not incomplete. */
  readonly restoreOwner: boolean;
  /** Make no device, and give nothing a setuid or setgid bit: whoever made the backup may mean harm. Default: as it was. */
  readonly leaveSpecial?: boolean;
  /** Told what is not as it was, and what could not be written. */
  readonly onProblem: (problem: TreeProblem) => void;
}

/** The calls that reach one object: through its descriptor, or by a name at which nobody else can put a link. */
interface Calls {
  readonly stat: () => Stats;
  readonly chown: (uid: number, gid: number) => void;
  readonly chmod: (mode: number) => void;
  readonly utimes: (seconds: number) => void;
}

/** Gives an open file its owner, mode and time. What fails is reported, not thrown. */
export function settleFile(fd: number, entry: PathEntry, options: AttributeOptions): void {
  settle(descriptorCalls(fd), entry, options);
}

/** The same for a directory that is held open, or is known by its path. */
export function settleDirectory(folder: Folder, entry: PathEntry, options: AttributeOptions): void {
  // A path that is not held may have become a link; one that is held is a link, of the kernel's.
  const follow = folder.isHeld || entry.path === "" ? 0 : constants.O_NOFOLLOW;
  let fd: number;
  try {
    fd = openSync(pathToBytes(folder.path), constants.O_RDONLY | constants.O_DIRECTORY | follow);
  } catch (error) {
    return reportFailure(entry, "attributes", "the mode and time of this directory could not be restored", error, options);
  }
  try {
    settle(descriptorCalls(fd), entry, options);
  } finally {
    closeSync(fd);
  }
}

/**
 * The same for a symlink, fifo or device that was just made in `folder`, and nobody has the name of yet; but whoever may write in
 * a directory that was there before could have put something else there. @throws TreeProblemError conflict, if so
 */
export function settleNode(folder: Folder, name: BytePath, entry: PathEntry, options: AttributeOptions): void {
  const place = pathToBytes(folder.at(name));
  if (!folder.isHeld) return settle(nodeCalls(place, entry), entry, options);
  withObject(place, (path, stat) => {
    const { mode, nlink } = stat();
    if ((mode & constants.S_IFMT) !== KIND[entry.type] || nlink !== 1)
      throw conflict(entry.path, "somebody else put something in its place");
    settle(
      {
        stat,
        chown: (uid, gid) => chownSync(path, uid, gid),
        chmod: (mode) => (entry.type === "symlink" ? undefined : chmodSync(path, mode)),
        utimes: (seconds) => utimesSync(path, seconds, seconds),
      },
      entry,
      options,
    );
  });
}

const KIND: Readonly<Record<PathEntry["type"], number>> = {
  file: constants.S_IFREG,
  dir: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
  fifo: constants.S_IFIFO,
  chardev: constants.S_IFCHR,
  blockdev: constants.S_IFBLK,
};

function nodeCalls(path: Buffer, entry: PathEntry): Calls {
  return {
    stat: () => lstatSync(path),
    chown: (uid, gid) => lchownSync(path, uid, gid),
    chmod: (mode) => (entry.type === "symlink" ? undefined : chmodSync(path, mode)),
    utimes: (seconds) => lutimesSync(path, seconds, seconds),
  };
}

function descriptorCalls(fd: number): Calls {
  return {
    stat: () => fstatSync(fd),
    chown: (uid, gid) => fchownSync(fd, uid, gid),
    chmod: (mode) => fchmodSync(fd, mode),
    utimes: (seconds) => futimesSync(fd, seconds, seconds),
  };
}

function settle(calls: Calls, entry: PathEntry, options: AttributeOptions): void {
  // A known name beats the number (format spec 3.5).
  const uid = (options.numericOwner ? undefined : options.owners.uid(entry.uname)) ?? entry.uid;
  const gid = (options.numericOwner ? undefined : options.owners.gid(entry.gname)) ?? entry.gid;
  if (options.restoreOwner) restoreOwner(calls, entry, uid, gid, options);
  try {
    // After chown, which takes the setuid bit away.
    calls.chmod(safeMode(calls, entry, uid, gid, options));
    calls.utimes(entry.mtime);
  } catch (error) {
    reportFailure(entry, "attributes", "its mode or time could not be restored", error, options);
  }
}

function restoreOwner(calls: Calls, entry: PathEntry, uid: number, gid: number, options: AttributeOptions): void {
  const owner = `its owner ${uid}:${gid} could not be restored`;
  if (!isId(uid) || !isId(gid)) {
    return options.onProblem({
      reason: "owner",
      path: entry.path,
      incomplete: false,
      detail: `${owner}: there is no such number`,
    });
  }
  try {
    calls.chown(uid, gid);
  } catch (error) {
    reportFailure(entry, "owner", owner, error, options);
    try {
      calls.chown(-1, gid); // a user may still give a file to a group of his
    } catch {
      // Reported with the owner.
    }
  }
}

/** 2^32 - 1 means "leave it" to chown. */
function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < 0xffff_ffff;
}

/** A program that ran as its owner must not come to run as whoever restores it. */
function safeMode(calls: Calls, entry: PathEntry, uid: number, gid: number, options: AttributeOptions): number {
  const mode = entry.mode & 0o7777;
  if (entry.type !== "file" || (mode & SET_ID) === 0) return mode;
  if (options.leaveSpecial) {
    const detail = "its setuid or setgid bit was not restored, because owners are not";
    options.onProblem({ reason: "attributes", path: entry.path, incomplete: false, detail });
    return mode & ~SET_ID;
  }
  const now = calls.stat();
  const lost = (now.uid === uid ? 0 : SET_UID) | (now.gid === gid ? 0 : SET_GID);
  if ((mode & lost) !== 0) {
    const detail = "it has another owner now, so its setuid or setgid bit was not restored";
    options.onProblem({ reason: "attributes", path: entry.path, incomplete: false, detail });
  }
  return mode & ~lost;
}

const SET_UID = 0o4000;
const SET_GID = 0o2000;
const SET_ID = SET_UID | SET_GID;

function reportFailure(
  entry: PathEntry,
  reason: "owner" | "attributes",
  detail: string,
  error: unknown,
  options: AttributeOptions,
): void {
  const errno = errnoOfCall(error);
  if (errno === undefined) throw error;
  options.onProblem({ reason, path: entry.path, incomplete: reason !== "owner", detail: `${detail} (${errno})` });
}
