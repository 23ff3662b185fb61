import type { PathEntry } from "@doppel/base";
import type { SetRecord } from "./records.ts";
import { type SizeRange, sizeRangeOf } from "./sizes.ts";

/** An entry as signatures know it: all of its attributes, but of its size no more than `sizeRange`. */
export interface ListedEntry extends PathEntry {
  /** Of a file: what its signature tells about its size; exact when it comes from an index. */
  readonly sizeRange?: SizeRange;
}

/** Undefined when the record says that nothing is there, or not what. */
export function listedEntry({ entry, signature }: SetRecord): ListedEntry | undefined {
  const sizeRange = signature && sizeRangeOf(signature.header, signature.length);
  return entry && sizeRange ? { ...entry, sizeRange } : entry;
}
