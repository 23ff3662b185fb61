import type { EntryType } from "@doppel/base";
import type { PathLike } from "./paths.ts";

/** Bytes that come in parts: a Node stream, a web stream, a generator. Each part is copied before the next is asked for. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Something to back up that a program makes. Folders on the way to it need not be given: they are made, with mode 755 and its times.
 * In an increment an entry with the attributes that it had before is unchanged, and its content is not asked for; so give a file that
 * may have changed another `mtime`, or none.
 */
export interface MadeEntry {
  /** From the root of the backup. */
  readonly path: PathLike;
  /** Unless given: "file" where there is a content, "symlink" where there is a link target, and otherwise an error. */
  readonly type?: EntryType;
  /** 0 to 0o7777; 0o644, of folders 0o755, of links 0o777 unless given. */
  readonly mode?: number;
  /** 0 unless given, and so is `gid`. */
  readonly uid?: number;
  /** See `uid`. */
  readonly gid?: number;
  /** Name of the owner, which counts before the number when it is restored; none unless given. */
  readonly uname?: string;
  /** As `uname`, of the group. */
  readonly gname?: string;
  /** Whole seconds are stored. The time when the backup began unless given. */
  readonly mtime?: Date;
  /** Of a file, bytes of content: if that is known before. A content that turns out otherwise ends the backup with an error. */
  readonly size?: number;
  /**
   * Of a file: its bytes, or where they come from. A function is called when they are to be stored, and only then; a stream that is
   * given is destroyed when they are not. What it throws ends the backup.
   */
  readonly content?: Uint8Array | ByteSource | (() => Uint8Array | ByteSource | Promise<Uint8Array | ByteSource>);
  /** Of a symbolic link. */
  readonly linkTarget?: PathLike;
  /** Of a device. */
  readonly device?: { readonly major: number; readonly minor: number };
}

/**
 * What to back up, made by the program: an array in any order, or something to iterate over in the order of the format, which is that of the
 * names on the way, byte by byte: `a/b` before `a-b` (see {@link compareEntryPaths}). Of what is iterated over, the next entry is asked for when the one
 * before has been stored; so a content may be gone by then.
 */
export type MadeEntries = AsyncIterable<MadeEntry> | Iterable<MadeEntry>;
