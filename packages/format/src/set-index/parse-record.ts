import type { BytePath, EntryType, PathEntry } from "@doppel/base";
import type { DifftarKind } from "../difftar.ts";
import type { IndexedEntry, IndexedVolume, TarPlace, VolumeLayout } from "./records.ts";
import { KIND_LETTER, TYPE_LETTER } from "./write.ts";

const KIND = new Map(Object.entries(KIND_LETTER).map(([kind, letter]) => [letter, kind as DifftarKind]));
const TYPE = new Map(Object.entries(TYPE_LETTER).map(([type, letter]) => [letter, type as EntryType]));
const SHA256_BYTES = 32;
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
  const entry: PathEntry = {
    path: text(path) as BytePath,
    type,
    mode: count(mode),
    uid: count(uid),
    gid: count(gid),
    uname: text(uname),
    gname: text(gname),
    mtime: count(mtime),
    size: count(size),
    ...targetOf(type, target),
  };
  const sha256 = digest === null ? undefined : bytes(digest, "base64url", SHA256_BYTES);
  return { kind, entry, ...(sha256 ? { sha256 } : {}), places: placesOf(row.slice(FIXED)) };
}

function targetOf(type: EntryType, target: unknown): Partial<PathEntry> {
  if (type === "symlink") return { linkTarget: text(target) as BytePath };
  if (!Array.isArray(target)) return {};
  return { device: { major: count(target[0]), minor: count(target[1]) } };
}

function placesOf(columns: readonly unknown[]): readonly TarPlace[] {
  const places: TarPlace[] = [];
  for (let at = 0; at < columns.length; at += 2) places.push({ volume: count(columns[at]), offset: count(columns[at + 1]) });
  if (places.length === 0) throw new BadRecord("an entry that is nowhere");
  return places;
}

/** @throws BadRecord */
export function parseVolume(line: Readonly<Record<string, unknown>>): IndexedVolume {
  const pieces = line["pieces"];
  if (!Array.isArray(pieces)) throw new BadRecord("a volume without pieces");
  const pieceBytes = count(line["pieceBytes"]);
  if (pieceBytes === 0) throw new BadRecord("a volume with pieces of no size");
  return {
    number: count(line["volume"]),
    tarBytes: count(line["tarBytes"]),
    pieceBytes,
    pieces: pieces.map(count),
    layout: layoutOf(line),
  };
}

function layoutOf(line: Readonly<Record<string, unknown>>): VolumeLayout {
  switch (line["encoding"]) {
    case "plain":
      return { encoding: "plain" };
    case "gzip":
      return { encoding: "gzip", headerBytes: count(line["headerBytes"]) };
    case "gpg":
      return {
        encoding: "gpg",
        cipher: count(line["cipher"]),
        sessionKey: bytes(line["sessionKey"], "hex"),
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

export function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new BadRecord("something else where a number belongs");
  return value as number;
}

/** Exponent of a part's size (RFC 4880 4.2.2.4). */
function bits(value: unknown): number {
  const exponent = count(value);
  if (exponent > 30) throw new BadRecord("a part of an impossible size");
  return exponent;
}

function bytes(value: unknown, encoding: "hex" | "base64url", length?: number): Uint8Array {
  const decoded = Buffer.from(text(value), encoding);
  if (decoded.toString(encoding) !== value || (length !== undefined && decoded.length !== length))
    throw new BadRecord("a key or digest that is none");
  return Uint8Array.from(decoded);
}
