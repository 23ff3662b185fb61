import { readFileSync } from "node:fs";
import { type BytePath, DoppelError, displayPath, errnoOf, pathToBytes } from "@doppel/base";
import type { BackupJob } from "@doppel/engine/internal";

/**
 * The contents of all file lists, by the name in the rule. Read here, because `/dev/stdin` and descriptors of the shell can be read once only, and in this process only.
 * @param unread  what it means when one cannot be read
 * @throws rules.filelist
 */
export function readFilelists(
  selection: BackupJob["selection"],
  unread = "nothing was backed up",
): ReadonlyMap<string, Uint8Array> {
  const lists = new Map<string, Uint8Array>();
  for (const rule of selection) {
    if (rule.option !== "include-filelist" && rule.option !== "exclude-filelist" && rule.option !== "files-from") continue;
    if (!lists.has(rule.value)) lists.set(rule.value, readFilelist(rule.value as BytePath, unread));
  }
  return lists;
}

function readFilelist(file: BytePath, unread: string): Uint8Array {
  try {
    return readFileSync(pathToBytes(file));
  } catch (error) {
    const message = `file list ${displayPath(file)} cannot be read (${errnoOf(error) ?? "unknown error"}); ${unread}`;
    throw new DoppelError("rules.filelist", message, { file }, error);
  }
}
