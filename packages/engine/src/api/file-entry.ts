import type { EntryType } from "@doppel/base";
import type { ListedEntry } from "../history/entries.ts";
import type { SizeRange } from "../history/sizes.ts";
import { textOfPath } from "./paths.ts";

/** A file, folder, link or device in a backup. */
export interface FileEntry {
  /** From the root of the backup, see {@link PathLike}; `""` is the root itself. */
  readonly path: string;
  /** What it is. */
  readonly type: EntryType;
  /** The lower 12 bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** `""` when the backup does not know it. */
  readonly uname: string;
  /** As `uname`, of the group. */
  readonly gname: string;
  /** In whole seconds: the format has no parts of them. */
  readonly mtime: Date;
  /** Of a file, in bytes. Absent when the backup has no index (those of duplicity have none); then {@link sizeRange} says about how long it is. */
  readonly size?: number;
  /** Of a file: its size lies between these, both included. */
  readonly sizeRange?: SizeRange;
  /** Of a symbolic link, see {@link PathLike}. */
  readonly linkTarget?: string;
  /** Of a device. */
  readonly device?: { readonly major: number; readonly minor: number };
}

export function fileEntry(listed: ListedEntry): FileEntry {
  const { path, type, mode, uid, gid, uname, gname, mtime, sizeRange, linkTarget, device } = listed;
  const exact = sizeRange && sizeRange.min === sizeRange.max;
  return {
    path: textOfPath(path),
    type,
    mode,
    uid,
    gid,
    uname,
    gname,
    mtime: new Date(mtime * 1000),
    ...(exact && { size: sizeRange.min }),
    ...(sizeRange && { sizeRange }),
    ...(linkTarget !== undefined && { linkTarget: textOfPath(linkTarget) }),
    ...(device && { device }),
  };
}
