import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { type BytePath, displayPath, type EntryType, errnoOf, joinPath, pathToBytes } from "@doppel/base";
import type { ListedEntry } from "../history/entries.ts";

/** What is wrong with an entry that was restored to `root`, as a line; undefined when it is as the listing says. */
export function problemOf(entry: ListedEntry, root: BytePath): string | undefined {
  const place = pathToBytes(entry.path === "" ? root : joinPath(root, entry.path));
  const shown = displayPath(entry.path);
  try {
    const found = lstatSync(place);
    const type = typeOf(found);
    if (type !== entry.type) return `${shown} was restored as another kind of thing: ${type}, expected ${entry.type}`;
    if (type === "symlink") {
      const target = readlinkSync(place, "latin1");
      return target === entry.linkTarget ? undefined : `${shown} leads elsewhere than it did`;
    }
    if (type === "file") return ofFile(entry, found, shown);
    return Math.floor(found.mtimeMs / 1000) === entry.mtime ? undefined : `${shown} has another time than it had`;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return `${shown} was not restored`;
    throw error;
  }
}

function ofFile({ sizeRange, mtime }: ListedEntry, { size, mtimeMs }: Stats, shown: string): string | undefined {
  if (sizeRange && (size < sizeRange.min || size > sizeRange.max)) {
    const expected = sizeRange.min === sizeRange.max ? `${sizeRange.min}` : `${sizeRange.min} to ${sizeRange.max}`;
    return `${shown} has ${size} bytes, and the listing says ${expected}`;
  }
  return Math.floor(mtimeMs / 1000) === mtime ? undefined : `${shown} has another time than it had`;
}

function typeOf(stats: Stats): EntryType | "socket" {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "dir";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isBlockDevice()) return "blockdev";
  return stats.isCharacterDevice() ? "chardev" : "socket";
}
