import type { PathEntry } from "@doppel/base";
import type { SetRecord } from "./records.ts";
import { type SizeRange, sizeRangeOf } from "./sizes.ts";

/** An entry as the signatures know it: all of its attributes, but not its size, so `size` is 0. */
export interface ListedEntry extends PathEntry {
  /** Of a file: what its signature tells about its size. */
  readonly sizeRange?: SizeRange;
}

/** Undefined when the record says that nothing is there, or not what. */
export function listedEntry({ entry, signature }: SetRecord): ListedEntry | undefined {
  const sizeRange = signature && sizeRangeOf(signature.header, signature.length);
  return entry && sizeRange ? { ...entry, sizeRange } : entry;
}
