import type { BytePath, EntryType, PathEntry } from "@doppel/base";
import type { DifftarKind } from "../difftar.ts";
import type { SetId } from "../names.ts";
import { parseTime } from "../time.ts";
import type { IndexBlock, IndexedEntry, IndexedVolume, IndexEnd, ObjectKey, TarPlace, VolumeLayout } from "./records.ts";
import { INDEX_VERSION, KIND_LETTER, TYPE_LETTER } from "./write.ts";

const KIND = new Map(Object.entries(KIND_LETTER).map(([kind, letter]) => [letter, kind as DifftarKind]));
const TYPE = new Map(Object.entries(TYPE_LETTER).map(([type, letter]) => [letter, type as EntryType]));
const DIGEST = /^[\w-]{43}$/;
/** Columns before the places. */
const FIXED = 12;

/** What is wrong with a line; the reader says in which. */
export class BadRecord extends Error {}

/** @throws BadRecord */
export function parseEntry(row: readonly unknown[]): IndexedEntry {
  const [path, kindLetter, typeLetter, mode, uid, gid, uname, gname, mtime, size, target, digest] = row;
  const kind = KIND.get(text(kindLetter));
  const type = TYPE.get(text(typeLetter));
  if (kind === undefined || type === undefined) throw new BadRecord("an unknown kind or type of entry");
  const entry: Writable<PathEntry> = {
    path: text(path) as BytePath,
    type,
    mode: count(mode),
    uid: count(uid),
    gid: count(gid),
    uname: text(uname),
    gname: text(gname),
    mtime: count(mtime),
    size: count(size),
  };
  if (type === "symlink") entry.linkTarget = text(target) as BytePath;
  else if (Array.isArray(target)) entry.device = { major: count(target[0]), minor: count(target[1]) };
  const places = placesOf(row);
  return digest === null ? { kind, entry, places } : { kind, entry, sha256: digestText(digest), places };
}

/** It is filled in step by step: spreading an object for each of a million lines took longer than parsing them. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

function placesOf(row: readonly unknown[]): readonly TarPlace[] {
  const places: TarPlace[] = [];
  for (let at = FIXED; at < row.length; at += 2) places.push({ volume: count(row[at]), offset: count(row[at + 1]) });
  if (places.length === 0) throw new BadRecord("an entry that is nowhere");
  return places;
}

/** A line that is no entry. */
export type Line = Readonly<Record<string, unknown>>;

/** @throws BadRecord */
export function parseVolume(line: Line): IndexedVolume {
  return { number: count(line["volume"]), tarBytes: count(line["tarBytes"]), ...piecesOf(line), layout: layoutOf(line) };
}

function piecesOf(line: Line): { readonly pieceBytes: number; readonly pieces: readonly number[] } {
  const pieces = line["pieces"];
  if (!Array.isArray(pieces)) throw new BadRecord("a volume without pieces");
  const pieceBytes = count(line["pieceBytes"]);
  if (pieceBytes === 0) throw new BadRecord("a volume with pieces of no size");
  return { pieceBytes, pieces: pieces.map(count) };
}

/** @throws BadRecord */
export function parseKey(line: Line): ObjectKey {
  const object = line["object"];
  if (object !== "manifest" && object !== "signatures") throw new BadRecord("a key of an unknown object");
  return { object, cipher: count(line["cipher"]), sessionKey: keyBytes(line["sessionKey"]) };
}

/** @throws BadRecord */
export function parseBlock(line: Line): IndexBlock {
  return { offset: count(line["block"]), from: text(line["from"]) as BytePath, sha256: digestText(line["sha256"]) };
}

/** @throws BadRecord */
export function parseEnd(line: Line): IndexEnd {
  checkVersion(line);
  return {
    set: setOf(line["set"] as Line),
    entries: count(line["entries"]),
    volumes: count(line["volumes"]),
    blocks: count(line["blocks"]),
    bytes: count(line["bytes"]),
    contents: count(line["contents"]),
    ...piecesOf(line),
    headerBytes: count(line["headerBytes"]),
    literalStart: count(line["literalStart"]),
    literalBits: bits(line["literalBits"]),
    compressed: line["compressed"] === true,
  };
}

/** Of a head or an end. @throws BadRecord */
export function checkVersion({ index }: Line): void {
  if (index !== INDEX_VERSION) throw new BadRecord(`version ${String(index)}, which is not known here`);
}

/** Which set a head, or an end, says that it is of. @throws BadRecord */
export function setOf(line: Line | undefined): SetId {
  const time = (key: string): Date => {
    const value = line?.[key];
    const parsed = typeof value === "string" ? parseTime(value) : undefined;
    if (parsed === undefined) throw new BadRecord("no time of its set");
    return parsed;
  };
  if (line?.["kind"] === "full") return { kind: "full", start: time("time"), end: time("time") };
  if (line?.["kind"] === "inc") return { kind: "inc", start: time("start"), end: time("end") };
  throw new BadRecord("an unknown kind of set");
}

function layoutOf(line: Line): VolumeLayout {
  switch (line["encoding"]) {
    case "plain":
      return { encoding: "plain" };
    case "gzip":
      return { encoding: "gzip", headerBytes: count(line["headerBytes"]) };
    case "gpg":
      return {
        encoding: "gpg",
        cipher: count(line["cipher"]),
        sessionKey: keyBytes(line["sessionKey"]),
        messageStart: count(line["messageStart"]),
        bodyBytes: count(line["bodyBytes"]),
        partBits: bits(line["partBits"]),
        compressed: line["compressed"] === true,
        literalStart: count(line["literalStart"]),
        literalBits: bits(line["literalBits"]),
      };
    default:
      throw new BadRecord("a volume in an unknown encoding");
  }
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new BadRecord("something else where a text belongs");
  return value;
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new BadRecord("something else where a number belongs");
  return value as number;
}

/** Exponent of a part's size (RFC 4880 4.2.2.4). */
function bits(value: unknown): number {
  const exponent = count(value);
  if (exponent > 30) throw new BadRecord("a part of an impossible size");
  return exponent;
}

function keyBytes(value: unknown): Uint8Array {
  const decoded = Buffer.from(text(value), "hex");
  if (decoded.toString("hex") !== value) throw new BadRecord("a key that is none");
  return Uint8Array.from(decoded);
}

function digestText(value: unknown): string {
  if (!DIGEST.test(text(value))) throw new BadRecord("a digest that is none");
  return value as string;
}
