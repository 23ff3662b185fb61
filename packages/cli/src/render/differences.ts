import { type BytePath, displayPath, type EntryType, type RunEvent, type TreeDifference } from "@doppel/base";
import { localTime } from "./times.ts";

/** In what the two programs tell a difference differently. */
export interface DifferenceWords {
  readonly types: Readonly<Record<EntryType, string>>;
  readonly time: (instant: Date) => string;
  readonly link: (target: BytePath) => string;
  readonly device: (major: number, minor: number) => string;
}

const WORDS: DifferenceWords = {
  types: {
    file: "file",
    dir: "directory",
    symlink: "symbolic link",
    fifo: "named pipe",
    chardev: "character device",
    blockdev: "block device",
  },
  time: localTime,
  // A target is no path below the root: the empty one, which no link has, would be shown as `.`.
  link: (target) => (target === "" ? '""' : displayPath(target)),
  device: (major, minor) => `${major}, ${minor}`,
};

/** One line of `doppel verify --compare-data`; the sentences are duplicity's (cli spec 4.6), times are as everywhere in doppel. */
export function differenceText({ path, difference }: Extract<RunEvent, { type: "difference" }>): string {
  return differenceSentence(displayPath(path), difference, WORDS);
}

/** The same in given words. */
export function differenceSentence(path: string, difference: TreeDifference, words: DifferenceWords): string {
  return `Difference found: ${sentence(path, difference, words)}`;
}

function sentence(path: string, difference: TreeDifference, { types, time, link, device }: DifferenceWords): string {
  const instant = (seconds: number): string => time(new Date(seconds * 1000));
  const numbers = (of: Extract<TreeDifference, { kind: "device" }>["actual"]): string =>
    of === undefined ? "none" : device(of.major, of.minor);
  switch (difference.kind) {
    case "new":
      return `New file ${path}`;
    case "missing":
      return `File ${path} is missing`;
    case "type":
      return `File ${path} has type ${types[difference.actual]}, expected ${types[difference.expected]}`;
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

function ownership({ uid, gid, mode }: Extract<TreeDifference, { kind: "permissions" }>["actual"]): string {
  return `${uid}:${gid} ${mode.toString(8)}`;
}
