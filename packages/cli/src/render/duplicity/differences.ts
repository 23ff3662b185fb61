import type { EntryType, RunEvent } from "@doppel/base";
import { type DifferenceWords, differenceSentence } from "../differences.ts";
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

const WORDS: DifferenceWords = {
  types: ENTRY_TYPES,
  time: asctime,
  link: (target) => target,
  device: (major, minor) => `(${major}, ${minor})`,
};

/** One line of `verify --compare-data` (cli spec 4.6). Bytes, one char each. */
export function differenceLine({ path, difference }: Extract<RunEvent, { type: "difference" }>): string {
  return differenceSentence(path === "" ? "." : path, difference, WORDS);
}

/** The last line of `verify`. */
export function verifySummary(compared: number, differences: number, counting: Counting): string {
  return `Verify complete: ${countOf(compared, "file", counting)} compared, ${countOf(differences, "difference", counting)} found.`;
}
