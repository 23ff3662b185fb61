import { rmdirSync } from "node:fs";
import type { BytePath } from "@doppel/base";
import { errnoOfCall, TreeProblemError } from "../source.ts";

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
