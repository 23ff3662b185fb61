import { type BytePath, displayPath, type EntryType, type RunEvent, type TreeDifference } from "@doppel/base";
import { localTime } from "./times.ts";

const TYPES: Readonly<Record<EntryType, string>> = {
  file: "file",
  dir: "directory",
  symlink: "symbolic link",
  fifo: "named pipe",
  chardev: "character device",
  blockdev: "block device",
};

type Ownership = Extract<TreeDifference, { kind: "permissions" }>["actual"];
type Numbers = Extract<TreeDifference, { kind: "device" }>["actual"];

/** One line of `doppel verify --compare-data`; the sentences are duplicity's (cli spec 4.6), times are as everywhere in doppel. */
export function differenceText({ path, difference }: Extract<RunEvent, { type: "difference" }>): string {
  return `Difference found: ${sentence(displayPath(path), difference)}`;
}

function sentence(path: string, difference: TreeDifference): string {
  switch (difference.kind) {
    case "new":
      return `New file ${path}`;
    case "missing":
      return `File ${path} is missing`;
    case "type":
      return `File ${path} has type ${TYPES[difference.actual]}, expected ${TYPES[difference.expected]}`;
    case "permissions":
      return `File ${path} has permissions ${ownership(difference.actual)}, expected ${ownership(difference.expected)}`;
    case "mtime":
      return `File ${path} has mtime ${instant(difference.actual)}, expected ${instant(difference.expected)}`;
    case "link":
      return `Symlink ${path} points to ${link(difference.actual)}, expected ${link(difference.expected)}`;
    case "device":
      return `Device file ${path} has numbers ${numbers(difference.actual)}, expected ${numbers(difference.expected)}`;
    case "data":
      return `Data for file ${path} is different`;
  }
}

function ownership({ uid, gid, mode }: Ownership): string {
  return `${uid}:${gid} ${mode.toString(8)}`;
}

function instant(seconds: number): string {
  return localTime(new Date(seconds * 1000));
}

/** A target is no path below the root: the empty one, which no link has, would be shown as `.`. */
function link(target: BytePath): string {
  return target === "" ? '""' : displayPath(target);
}

function numbers(device: Numbers): string {
  return device === undefined ? "none" : `${device.major}, ${device.minor}`;
}
