import type { BytePath, EntryType, RunEvent, TreeDifference } from "@doppel/base";
import { asctime } from "../times.ts";
import { type Counting, countOf } from "./wording.ts";

/** What stock calls kinds of entries, in its texts and for programs. */
export const ENTRY_TYPES: Readonly<Record<EntryType, string>> = {
  file: "reg",
  dir: "dir",
  symlink: "sym",
  fifo: "fifo",
  chardev: "chr",
  blockdev: "blk",
};

/** One line of `verify --compare-data` (cli spec 4.6). Bytes, one char each. */
export function differenceLine({ path, difference }: Extract<RunEvent, { type: "difference" }>): string {
  return `Difference found: ${sentence(path === "" ? ("." as BytePath) : path, difference)}`;
}

function sentence(path: BytePath, difference: TreeDifference): string {
  switch (difference.kind) {
    case "new":
      return `New file ${path}`;
    case "missing":
      return `File ${path} is missing`;
    case "type":
      return `File ${path} has type ${ENTRY_TYPES[difference.actual]}, expected ${ENTRY_TYPES[difference.expected]}`;
    case "permissions":
      return `File ${path} has permissions ${owner(difference.actual)}, expected ${owner(difference.expected)}`;
    case "mtime":
      return `File ${path} has mtime ${instant(difference.actual)}, expected ${instant(difference.expected)}`;
    case "link":
      return `Symlink ${path} points to ${difference.actual}, expected ${difference.expected}`;
    case "device":
      return `Device file ${path} has numbers ${numbers(difference.actual)}, expected ${numbers(difference.expected)}`;
    case "data":
      return `Data for file ${path} is different`;
  }
}

/** The last line of `verify`. */
export function verifySummary(compared: number, differences: number, counting: Counting): string {
  return `Verify complete: ${countOf(compared, "file", counting)} compared, ${countOf(differences, "difference", counting)} found.`;
}

function owner({ uid, gid, mode }: Extract<TreeDifference, { kind: "permissions" }>["actual"]): string {
  return `${uid}:${gid} ${mode.toString(8)}`;
}

function instant(seconds: number): string {
  return asctime(new Date(seconds * 1000));
}

function numbers(device: Extract<TreeDifference, { kind: "device" }>["actual"]): string {
  return device === undefined ? "none" : `(${device.major}, ${device.minor})`;
}
