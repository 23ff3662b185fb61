import { accessSync, constants, lstatSync, mkdirSync, opendirSync, statSync } from "node:fs";
import { type BytePath, DoppelError, displayPath, pathToBytes } from "@doppel/base";
import { errnoOfCall } from "../source.ts";
import type { Identity } from "./folder.ts";

/**
 * Whether something may be restored to `target`: it is not there, or is an empty directory (or a link to one), or `force`;
 * and a directory that is there can be written to.
 * @throws DoppelError restore.target-exists; restore.write-failed when that cannot be found out
 */
export function checkRestoreTarget(target: BytePath, force: boolean): void {
  const path = displayPath(target);
  try {
    const os = pathToBytes(target);
    if (lstatSync(os, { throwIfNoEntry: false }) === undefined) return;
    if (force || isEmptyDirectory(os)) {
      if (statSync(os, { throwIfNoEntry: false })?.isDirectory() === true) accessSync(os, constants.W_OK | constants.X_OK);
      return;
    }
  } catch (error) {
    const reason = errnoOfCall(error);
    if (reason === undefined) throw error;
    throw writeFailed(target, reason, error);
  }
  throw new DoppelError(
    "restore.target-exists",
    `${path} exists and is not an empty directory; restore to another place, or use --force to restore over it`,
    { path },
  );
}

/** The directory that `target` is or leads to now; undefined when there is none. */
export function targetFolder(target: BytePath): Identity | undefined {
  const stat = statSync(pathToBytes(target), { throwIfNoEntry: false });
  return stat?.isDirectory() ? stat : undefined;
}

function isEmptyDirectory(os: Buffer): boolean {
  if (statSync(os, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  const directory = opendirSync(os);
  try {
    return directory.readSync() === null;
  } finally {
    directory.closeSync();
  }
}

/** Creates the directories that lead to `path`, with ordinary permissions. Errors are the system's. */
export function makeParents(path: BytePath): void {
  const parent = parentOf(path);
  const os = pathToBytes(parent);
  // Not Node's own recursive mkdir: it never returns where a parent exists but takes no directories (Node 20, /proc/x).
  if (parent === "." || parent === "/" || statSync(os, { throwIfNoEntry: false })) return;
  makeParents(parent);
  mkdirSync(os);
}

/** The directory that holds `path`: `.` for a plain name. */
export function parentOf(path: BytePath): BytePath {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return "." as BytePath;
  return (slash === 0 ? "/" : path.slice(0, slash)) as BytePath;
}

/** The last name of a path. */
export function nameOf(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf("/") + 1) as BytePath;
}

/** Makes a directory; false when something is there. Errors are the system's. */
export function makeDirectory(path: BytePath, mode: number): boolean {
  try {
    mkdirSync(pathToBytes(path), mode);
    return true;
  } catch (error) {
    if (errnoOfCall(error) !== "EEXIST") throw error;
    return false;
  }
}

/** The error for a failure that ends the restore: a full disk and the like. */
export function writeFailed(absolute: BytePath, reason: string, cause: unknown): DoppelError {
  const path = displayPath(absolute);
  const advice = reason === "ENOSPC" || reason === "EDQUOT" ? "free some space" : "check the target";
  return new DoppelError(
    "restore.write-failed",
    `cannot write ${path}: ${reason}; ${advice} and restore again`,
    { path, reason },
    cause,
  );
}
