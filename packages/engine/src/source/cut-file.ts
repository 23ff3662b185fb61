import { createHash, type Hash } from "node:crypto";
import type { CutFile } from "../workers/protocol.ts";

/** The source does not allow going on with an interrupted run: what would come out could be a mix of old and new. */
export class Refused extends Error {}

/** The file that an interrupted run was storing, whose next piece is to follow. */
export type Resuming = CutFile;

/**
 * What ties the pieces of a file that are stored to those that are still to come: everything in their headers, and every byte.
 * Equal means that the file as it is now begins with exactly what is stored, so that the rest of it makes it whole.
 * @param attributes `indexAttributes` of the entry
 * @param content of the pieces so far; goes on to be used
 */
export function cutDigest(attributes: string, content: Hash): string {
  return createHash("sha256").update(attributes, "latin1").update(content.copy().digest()).digest("hex");
}

/** @throws Refused */
export function refuseUnless(condition: boolean, path: string, what: string): void {
  if (!condition) throw new Refused(`${path} was being stored, and ${what} now`);
}
