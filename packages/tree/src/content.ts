import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type NoticeReason, pathToBytes } from "@doppel/base";
import { errnoOfCall, type SourceEntry, TreeProblemError } from "./source.ts";

/** An open file of the source. */
export interface FileContent {
  /** At the time of opening; it may differ from the walk's. */
  readonly size: number;
  /** Fills the start of `into`; returns the number of bytes, 0 at the end. @throws TreeProblemError unreadable */
  read(into: Uint8Array): number;
  /**
   * After reading: how the file has fared since it was opened. "shrank": fewer than `size` bytes were there. "grew": there
   * are more now. "changed": anything else about it, so the bytes read may be a mix. @throws TreeProblemError unreadable
   */
  state(bytesRead: number): "same" | "changed" | "shrank" | "grew";
  /** Lets go of the file. */
  close(): void;
}

/**
 * Opens the very file the walk saw, never something put in its place: no link is followed and no fifo waited for.
 * Reading it does not change its access time where the system allows that.
 * @throws TreeProblemError vanished, changed, unreadable: leave the entry out
 */
export function openContent(entry: SourceEntry): FileContent {
  const fd = openFile(entry);
  try {
    const start = fstatSync(fd, { bigint: true });
    const same = start.ino === entry.inode && Number(start.dev) === entry.dev && start.isFile();
    if (!same) throw failure(entry, "changed", "something else was put in its place");
    return new OpenFile(entry, fd, start);
  } catch (error) {
    closeSync(fd);
    throw callFailure(entry, error);
  }
}

function openFile(entry: SourceEntry): number {
  const path = pathToBytes(entry.absolute);
  const follow = entry.throughLink === true ? 0 : constants.O_NOFOLLOW;
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | follow;
  try {
    try {
      return openSync(path, flags | (constants.O_NOATIME ?? 0));
    } catch (error) {
      if (errnoOfCall(error) !== "EPERM") throw error;
      return openSync(path, flags); // only the owner and root may leave the access time alone
    }
  } catch (error) {
    throw callFailure(entry, error);
  }
}

/** What a failed system call means for the entry; any other error as it is. */
function callFailure(entry: SourceEntry, error: unknown): unknown {
  const errno = errnoOfCall(error);
  if (errno === undefined) return error;
  if (errno === "ENOENT" || errno === "ENOTDIR") return failure(entry, "vanished", "it was gone when it was to be read", error);
  // O_NOFOLLOW met a link, or the object is a socket or a device without a driver.
  if (errno === "ELOOP" || errno === "ENXIO") return failure(entry, "changed", "something else was put in its place", error);
  return failure(entry, "unreadable", `it cannot be read (${errno})`, error);
}

function failure(entry: SourceEntry, reason: NoticeReason, detail: string, cause?: unknown): TreeProblemError {
  return new TreeProblemError({ reason, path: entry.path, incomplete: true, detail }, cause);
}

class OpenFile implements FileContent {
  readonly size: number;
  readonly #entry: SourceEntry;
  readonly #fd: number;
  readonly #start: BigIntStats;

  constructor(entry: SourceEntry, fd: number, start: BigIntStats) {
    this.size = Number(start.size);
    this.#entry = entry;
    this.#fd = fd;
    this.#start = start;
  }

  read(into: Uint8Array): number {
    try {
      return readSync(this.#fd, into, 0, into.length, null);
    } catch (error) {
      throw callFailure(this.#entry, error);
    }
  }

  state(bytesRead: number): "same" | "changed" | "shrank" | "grew" {
    const now = this.#stat();
    if (bytesRead < this.size) return "shrank";
    if (bytesRead > this.size || now.size > this.#start.size) return "grew";
    const untouched = now.size === this.#start.size && now.mtimeNs === this.#start.mtimeNs && now.ctimeNs === this.#start.ctimeNs;
    return untouched ? "same" : "changed";
  }

  close(): void {
    closeSync(this.#fd);
  }

  #stat(): BigIntStats {
    try {
      return fstatSync(this.#fd, { bigint: true });
    } catch (error) {
      throw callFailure(this.#entry, error);
    }
  }
}
