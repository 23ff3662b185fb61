import type { BytePath } from "./path.ts";

/** The object types the format can store (spec 3.5). Hard links are independent files; sockets are never stored. */
export type EntryType = "file" | "dir" | "symlink" | "fifo" | "chardev" | "blockdev";

/** Everything about one file system object except its content. */
export interface PathEntry {
  /** Relative to the root of the backup; "" is the root itself. */
  readonly path: BytePath;
  /** What it is. */
  readonly type: EntryType;
  /** The lower 12 bits: permissions, setuid, setgid, sticky. */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Owner and group names as raw bytes (one char per byte); "" when unknown. */
  readonly uname: string;
  /** As `uname`, of the group. */
  readonly gname: string;
  /** Whole seconds since 1970, never negative (spec 3.5). */
  readonly mtime: number;
  /** Bytes of content; 0 unless `type` is "file". */
  readonly size: number;
  /** Only for symlinks: the target's bytes. */
  readonly linkTarget?: BytePath;
  /** Only for devices. */
  readonly device?: { readonly major: number; readonly minor: number };
}
