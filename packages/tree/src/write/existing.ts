import { chmodSync, lstatSync, rmdirSync, statSync } from "node:fs";
import type { BytePath } from "@doppel/base";
import { errnoOfCall, TreeProblemError } from "../source.ts";

/** Whether a real directory is at `os`. Only the root of a restore may be a link to one: the user gave it. */
export function isDirectory(path: BytePath, os: Buffer): boolean {
  const stat = path === "" ? statSync(os, { throwIfNoEntry: false }) : lstatSync(os);
  return stat?.isDirectory() === true;
}

/** Lets us write in an existing directory, which gets its own mode back when it is left. */
export function unlock(os: Buffer): void {
  const { mode } = statSync(os);
  if ((mode & 0o700) !== 0o700) chmodSync(os, (mode & 0o7777) | 0o700);
}

/** Removes the directory at `os`. @throws TreeProblemError conflict, when there is something in it */
export function removeIfEmpty(path: BytePath, os: Buffer): void {
  try {
    rmdirSync(os);
  } catch (error) {
    const errno = errnoOfCall(error);
    if (errno === "ENOTEMPTY" || errno === "EEXIST") throw conflict(path, "a directory that is not empty is in its place");
    throw error;
  }
}

/** The entry cannot be put in its place. */
export function conflict(path: BytePath, detail: string): TreeProblemError {
  return new TreeProblemError({ reason: "conflict", path, incomplete: true, detail });
}
