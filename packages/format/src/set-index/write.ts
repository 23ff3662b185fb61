import type { EntryType, PathEntry } from "@doppel/base";
import type { DifftarKind } from "../difftar.ts";
import type { SetId } from "../names.ts";
import { formatTime } from "../time.ts";
import type { IndexBlock, IndexedVolume, IndexEnd, ObjectKey, TarPlace } from "./records.ts";

export const INDEX_VERSION = 2;

export const KIND_LETTER: Readonly<Record<DifftarKind, string>> = { snapshot: "s", diff: "d", deleted: "x" };
export const TYPE_LETTER: Readonly<Record<EntryType, string>> = {
  file: "f",
  dir: "d",
  symlink: "l",
  fifo: "p",
  chardev: "c",
  blockdev: "b",
};

const COLUMNS = "path kind type mode uid gid uname gname mtime size target sha256 volume offset".split(" ");

/*
 * An index is JSON, a line an item, so that `gpg -d` shows it to a person. Names are raw bytes: a line is a latin1 string
 * of them, in which JSON escapes what it must (FORMAT.md, "Index").
 */

/** The first line. */
export function indexHead(set: SetId): string {
  return `${JSON.stringify({ index: INDEX_VERSION, ...setFields(set), columns: COLUMNS })}\n`;
}

function setFields({ kind, start, end }: SetId): object {
  return kind === "full" ? { kind, time: formatTime(end) } : { kind, start: formatTime(start), end: formatTime(end) };
}

/** The first part of an entry's line: what is known before its content is read. {@link indexEntry} makes the line of it. */
export function indexAttributes(kind: DifftarKind, entry: PathEntry): string {
  const { path, type, mode, uid, gid, uname, gname, mtime, size, linkTarget, device } = entry;
  const target = linkTarget ?? (device ? [device.major, device.minor] : null);
  const row = [path, KIND_LETTER[kind], TYPE_LETTER[type], mode, uid, gid, uname, gname, mtime, size, target];
  return JSON.stringify(row).slice(0, -1);
}

/** An entry's line. `sha256` is 32 bytes, or undefined for what has no content. */
export function indexEntry(attributes: string, sha256: Uint8Array | undefined, places: readonly TarPlace[]): string {
  const digest = sha256 ? `"${Buffer.from(sha256.buffer, sha256.byteOffset, sha256.length).toString("base64url")}"` : "null";
  return `${attributes},${digest},${places.map(({ volume, offset }) => `${volume},${offset}`).join()}]\n`;
}

/** The line of a volume. */
export function indexVolume({ number, tarBytes, pieceBytes, pieces, layout }: IndexedVolume): string {
  const { encoding, ...rest } = layout;
  const shown = layout.encoding === "gpg" ? { ...rest, sessionKey: hex(layout.sessionKey) } : rest;
  return `${JSON.stringify({ volume: number, encoding, ...shown, tarBytes, pieceBytes, pieces })}\n`;
}

/** The line of an object's key. */
export function indexKey({ object, cipher, sessionKey }: ObjectKey): string {
  return `${JSON.stringify({ object, cipher, sessionKey: hex(sessionKey) })}\n`;
}

/** The line of a block of entries. */
export function indexBlock({ offset, from, sha256 }: IndexBlock): string {
  return `${JSON.stringify({ block: offset, from, sha256 })}\n`;
}

/**
 * The last line but for its seal: without it an index is cut off. {@link indexSeal} completes it. It is as long whatever
 * `bytes` is, which counts it.
 */
export function indexEnd({ set, bytes, ...rest }: IndexEnd): string {
  return `${JSON.stringify({ end: true, index: INDEX_VERSION, set: setFields(set), ...rest }).slice(0, -1)},"bytes":${String(bytes).padStart(16)}`;
}

/** The rest of the last line. `mac` is 32 bytes, over everything from the contents up to here (FORMAT.md). */
export function indexSeal(mac: Uint8Array): string {
  return `${SEAL}${Buffer.from(mac.buffer, mac.byteOffset, mac.length).toString("base64url")}"}\n`;
}

/** What the seal begins with; it is as long for every index. */
export const SEAL = ',"mac":"';
/** Length of what {@link indexSeal} gives. */
export const SEAL_BYTES = SEAL.length + 43 + 3;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
