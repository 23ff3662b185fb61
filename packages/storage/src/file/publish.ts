import { createHash } from "node:crypto";
import { type FileHandle, link, lstat, open, rename } from "node:fs/promises";
import { type BytePath, DoppelError, errnoOf } from "@doppel/base";
import { objectPath } from "./location.ts";
import { removeQuietly } from "./remove-quietly.ts";

/** Makes a second name for a file and never replaces one: link(2). */
export type LinkFile = (from: Buffer, to: Buffer) => Promise<void>;

/** How a name is given. */
interface Publishing {
  /** Default: link(2). */
  readonly linkFile?: LinkFile | undefined;
  /** Of this process: goes into a reservation, so that a later run can tell that nobody holds it any more. */
  readonly mark?: string;
}

/** End of the names of reservations. */
export const RESERVED = ".reserved";

const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * Gives the finished file `temporary` its final name, atomically, and never in place of another file.
 * The temporary name may be left behind, as a second name of the same file.
 * @throws the system's EEXIST when the name is taken; storage.exists when another writer is just taking it
 */
export async function publish(
  directory: BytePath,
  temporary: string,
  name: string,
  { linkFile = link, mark = "" }: Publishing = {},
): Promise<void> {
  const from = objectPath(directory, temporary);
  const to = objectPath(directory, name);
  try {
    await linkFile(from, to);
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    // NFS: the answer to our first request was lost and the repeated one finds our own link.
    if (errno === "EEXIST" && (await isSameFile(from, to))) return;
    if (!NO_LINKS.has(errno)) throw error;
    await publishWithoutLinks(directory, from, to, name, mark);
  }
}

/**
 * For FAT and some network mounts. rename(2) replaces, so whoever wants to use it must hold a reservation: a file of a
 * hidden name derived from `name`, created exclusively. All doppels respect it; against a foreign program that creates
 * the very same name between our look and our rename nothing can be done here.
 */
async function publishWithoutLinks(directory: BytePath, from: Buffer, to: Buffer, name: string, mark: string): Promise<void> {
  const reservation = `.doppel-${createHash("sha256").update(name).digest("hex").slice(0, 32)}${RESERVED}`;
  const path = objectPath(directory, reservation);
  let reserved: FileHandle;
  try {
    reserved = await open(path, "wx");
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    throw new DoppelError(
      "storage.exists",
      `cannot store ${name}: another doppel is storing it, or was when it crashed; if none is running, remove ${reservation} there`,
      { name },
      error,
    );
  }
  try {
    try {
      await reserved.write(mark);
    } finally {
      await reserved.close();
    }
    if (await exists(to)) throw Object.assign(new Error("EEXIST: file already exists"), { code: "EEXIST", syscall: "rename" });
    await rename(from, to);
  } finally {
    await removeQuietly(path);
  }
}

async function exists(path: Buffer): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function isSameFile(a: Buffer, b: Buffer): Promise<boolean> {
  try {
    const [x, y] = [await lstat(a, { bigint: true }), await lstat(b, { bigint: true })];
    return x.dev === y.dev && x.ino === y.ino;
  } catch {
    return false;
  }
}
