import { type BytePath, comparePaths, type EntryType, type PathEntry, ROOT } from "@doppel/base";
import type { TarHeader } from "./tar/header.ts";

/** The five prefixes of entry names (spec 3.4). */
export type EntryPrefix = "snapshot" | "diff" | "deleted" | "multivol_diff" | "multivol_snapshot" | "signature";

const TYPE_FLAG: Readonly<Record<EntryType, string>> = {
  file: "0",
  symlink: "2",
  chardev: "3",
  blockdev: "4",
  dir: "5",
  fifo: "6",
};
const ENTRY_TYPE: Readonly<Record<string, EntryType>> = {
  0: "file",
  2: "symlink",
  3: "chardev",
  4: "blockdev",
  5: "dir",
  6: "fifo",
};

/** A header with all of the entry's attributes (spec 3.5). `size` is that of the content which follows. */
export function headerOf(name: string, entry: PathEntry, size: number): TarHeader {
  return {
    name: name as BytePath,
    type: TYPE_FLAG[entry.type],
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.type === "file" ? size : 0,
    mtime: entry.mtime,
    linkName: entry.linkTarget ?? ROOT,
    uname: entry.uname,
    gname: entry.gname,
    devMajor: entry.device?.major ?? 0,
    devMinor: entry.device?.minor ?? 0,
  };
}

/**
 * The entry that a header describes. A time before 1970 reads as 1970, which is how stock stores it (spec 3.5).
 * @param header of one of the types that TarParser lets pass.
 */
export function entryOf(path: BytePath, header: TarHeader): PathEntry {
  const type = ENTRY_TYPE[header.type]!;
  return {
    path,
    type,
    mode: header.mode,
    uid: header.uid,
    gid: header.gid,
    uname: header.uname,
    gname: header.gname,
    mtime: Math.max(0, header.mtime),
    size: type === "file" ? header.size : 0,
    ...(type === "symlink" ? { linkTarget: header.linkName } : {}),
    ...(type === "chardev" || type === "blockdev" ? { device: { major: header.devMajor, minor: header.devMinor } } : {}),
  };
}

/** A `deleted/` entry says nothing but its path; everything else is zero (spec 3.4). */
export function deletedEntry(path: BytePath): PathEntry {
  return { path, type: "file", mode: 0, uid: 0, gid: 0, uname: "", gname: "", mtime: 0, size: 0 };
}

/** `deleted/` and the path. The root can never be deleted: stock then refuses the whole restore (spec 3.4). */
export function deletedHeader(path: BytePath): TarHeader {
  if (path === ROOT) throw new RangeError("the root of a backup cannot be deleted");
  return headerOf(`deleted/${path}`, deletedEntry(path), 0);
}

/** An entry's name taken apart. */
export interface EntryName {
  readonly prefix: EntryPrefix;
  readonly path: BytePath;
  /** Only for the multivol prefixes. */
  readonly piece?: number;
}

/**
 * Takes an entry's name apart, by the rules of spec 3.4; or says what is wrong with it.
 * @param rootDot whether `./` is a way to write the root: in a difftar it is, in a sigtar stock takes it for a child (spec 4.1).
 */
export function parseEntryName(
  name: string,
  prefixes: readonly EntryPrefix[],
  isDir: boolean,
  rootDot: boolean,
): EntryName | string {
  const slash = name.indexOf("/");
  const prefix = prefixes.find((candidate) => slash === candidate.length && name.startsWith(candidate));
  if (prefix === undefined) return "its kind is unknown";
  let rest = name.slice(slash + 1);
  if (rest.startsWith("/")) return "its name is absolute";
  let piece: number | undefined;
  if (prefix === "multivol_snapshot" || prefix === "multivol_diff") {
    const digits = /(?:^|\/)(\d{1,15})$/.exec(rest);
    if (digits === null) return "its piece has no number";
    piece = Number(digits[1]);
    rest = rest.slice(0, digits.index);
  } else if ((isDir || prefix === "deleted") && rest.endsWith("/")) rest = rest.slice(0, -1);
  if (rest === "." && rootDot) rest = "";
  if (rest.includes("\0")) return "its name has a NUL in it";
  if (rest !== "" && /(?:^|\/)\.{0,2}(?:\/|$)/.test(rest)) return 'its name has an empty component, or "." or ".."';
  const path = rest as BytePath;
  return piece === undefined ? { prefix, path } : { prefix, path, piece };
}

/** Holds entries to the one order (spec 3.8): strictly ascending, so that none is there twice. */
export class EntryOrder {
  #last: BytePath | undefined;

  /** What is wrong with `path` coming next, or undefined. */
  check(path: BytePath): string | undefined {
    const last = this.#last;
    this.#last = path;
    if (last === undefined) return undefined;
    const order = comparePaths(last, path);
    if (order === 0) return "it is there twice";
    return order > 0 ? "it comes after one that sorts behind it" : undefined;
  }
}
