import type { BytePath } from "@doppel/base";
import { isTarNumber, readNumber, writeNumber } from "./numeric.ts";

/** The size of a header, and what content is padded to. */
export const TAR_BLOCK = 512;

/** Two zero blocks. Shared: not to be changed. */
export const END_OF_ARCHIVE: Uint8Array = new Uint8Array(2 * TAR_BLOCK);

/** One tar header with its extension headers already applied. Strings are raw bytes, one char each. */
export interface TarHeader {
  /** Whole, also where it needed an extension header. */
  readonly name: BytePath;
  /** The typeflag: "0" file, "2" symlink, "3" and "4" devices, "5" directory, "6" fifo. */
  readonly type: string;
  /** The lower 12 bits. */
  readonly mode: number;
  /** Number of the owner. */
  readonly uid: number;
  /** Number of the group. */
  readonly gid: number;
  /** Bytes of content that follow. */
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
  /** Of a link: where it leads; otherwise empty. */
  readonly linkName: BytePath;
  /** Name of the owner, or empty. */
  readonly uname: string;
  /** Name of the group, or empty. */
  readonly gname: string;
  /** Of a device, otherwise 0. */
  readonly devMajor: number;
  /** Of a device, otherwise 0. */
  readonly devMinor: number;
}

/** Zero bytes needed behind `size` bytes of content. */
export function tarPadding(size: number): number {
  return (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK;
}

const NAME = { at: 0, width: 100 };
const MODE = { at: 100, width: 8 };
const UID = { at: 108, width: 8 };
const GID = { at: 116, width: 8 };
const SIZE = { at: 124, width: 12 };
const MTIME = { at: 136, width: 12 };
const CHECKSUM = { at: 148, width: 8 };
const TYPE = 156;
const LINK = { at: 157, width: 100 };
const MAGIC = { at: 257, width: 8 };
const UNAME = { at: 265, width: 32 };
const GNAME = { at: 297, width: 32 };
const MAJOR = { at: 329, width: 8 };
const MINOR = { at: 337, width: 8 };
const PREFIX = { at: 345, width: 155 };

type Field = typeof NAME;

/**
 * The header of one entry in the GNU dialect (spec 3.3, 8.1): one block, preceded by `K` and `L` entries for a link target
 * or name of more than 100 bytes; base 256 for numbers too big for octal. A user or group name of more than 32 bytes is
 * left out, because a shortened one could be somebody else's, and names beat numbers on restore (spec 3.5).
 *
 * The bytes are the caller's; their ArrayBuffer may be shared, so they are copied, not transferred, to another thread.
 *
 * @throws RangeError for a negative or fractional number, an empty name, or a NUL in a string.
 */
export function encodeTarHeader(header: TarHeader): Uint8Array {
  const { name, linkName } = header;
  if (name.length <= NAME.width && linkName.length <= LINK.width) {
    // A copy comes out of Buffer's pool, a zeroed block never does.
    const block = Buffer.from(BLANK);
    writeHeader(block, header);
    return block;
  }
  const long: [string, BytePath][] = [];
  if (linkName.length > LINK.width) long.push(["K", linkName]);
  if (name.length > NAME.width) long.push(["L", name]);
  let length = TAR_BLOCK;
  for (const [, text] of long) length += TAR_BLOCK + text.length + 1 + tarPadding(text.length + 1);
  const out = Buffer.alloc(length);
  let at = 0;
  for (const [type, text] of long) {
    const size = text.length + 1; // the NUL counts
    writeHeader(out.subarray(at, at + TAR_BLOCK), { ...LONG_LINK, type, size });
    out.write(text, at + TAR_BLOCK, "latin1");
    at += TAR_BLOCK + size + tarPadding(size);
  }
  writeHeader(out.subarray(at), header);
  return out;
}

const BLANK = Buffer.alloc(TAR_BLOCK);

const LONG_LINK: TarHeader = {
  name: "././@LongLink" as BytePath,
  type: "L",
  mode: 0,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  linkName: "" as BytePath,
  uname: "",
  gname: "",
  devMajor: 0,
  devMinor: 0,
};

function writeHeader(block: Buffer, header: TarHeader): void {
  if (header.name === "") throw new RangeError("a tar entry needs a name");
  writeText(block, NAME, header.name);
  write(block, MODE, header.mode & 0o7777);
  write(block, UID, header.uid);
  write(block, GID, header.gid);
  write(block, SIZE, header.size);
  write(block, MTIME, header.mtime);
  block[TYPE] = header.type.charCodeAt(0);
  writeText(block, LINK, header.linkName);
  block.write("ustar  ", MAGIC.at, "latin1");
  if (header.uname.length <= UNAME.width) writeText(block, UNAME, header.uname);
  if (header.gname.length <= GNAME.width) writeText(block, GNAME, header.gname);
  if (header.type === "3" || header.type === "4") {
    write(block, MAJOR, header.devMajor);
    write(block, MINOR, header.devMinor);
  }
  // The field's own width is one less: six digits, a NUL, a blank.
  writeNumber(block, CHECKSUM.at, CHECKSUM.width - 1, sumOfWritten(block, header));
  block[CHECKSUM.at + CHECKSUM.width - 1] = 0x20;
}

function write(block: Buffer, field: Field, value: number): void {
  if (!isTarNumber(value)) throw new RangeError(`${value} cannot be stored in a tar header`);
  writeNumber(block, field.at, field.width, value);
}

function writeText(block: Buffer, field: Field, text: string): void {
  // By hand: for a hundred bytes a call out of JavaScript costs more than they do.
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0) throw new RangeError("a NUL cannot be stored in a tar header");
    if (i < field.width) block[field.at + i] = code;
  }
}

/** {@link unsignedSum} of a block that this header was written to, less what is zero then (a third of the time). */
function sumOfWritten(block: Uint8Array, { name, linkName }: TarHeader): number {
  return (
    CHECKSUM.width * 0x20 +
    sumOf(block, NAME.at, NAME.at + Math.min(name.length, NAME.width)) +
    sumOf(block, MODE.at, CHECKSUM.at) +
    sumOf(block, TYPE, LINK.at + Math.min(linkName.length, LINK.width)) +
    sumOf(block, MAGIC.at, PREFIX.at)
  );
}

/**
 * One header block, with nothing of any extension header applied; or in words what is wrong with it.
 * Numbers that are malformed come out as NaN, for the caller to refuse once extension headers had their say.
 */
export function decodeTarHeader(bytes: Uint8Array): TarHeader | string {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, TAR_BLOCK);
  const stored = readNumber(block, CHECKSUM.at, CHECKSUM.width);
  // Some old writers summed signed bytes.
  if (stored !== unsignedSum(block) && stored !== signedSum(block)) return "the checksum of a header is wrong";
  const magic = block.toString("latin1", MAGIC.at, MAGIC.at + 6);
  let name = readText(block, NAME);
  // GNU tar keeps other things in the prefix field, and before ustar there was none.
  const prefix = magic === "ustar\0" ? readText(block, PREFIX) : "";
  if (prefix !== "") name = `${prefix}/${name}`;
  const known = magic.startsWith("ustar");
  let type = String.fromCharCode(block[TYPE]!);
  // Before ustar a directory was a file with a trailing slash.
  if (type === "\0") type = name.endsWith("/") ? "5" : "0";
  const mode = readNumber(block, MODE.at, MODE.width);
  const device = known && (type === "3" || type === "4");
  return {
    name: name as BytePath,
    type,
    mode: Number.isNaN(mode) ? mode : mode & 0o7777,
    uid: readNumber(block, UID.at, UID.width),
    gid: readNumber(block, GID.at, GID.width),
    size: readNumber(block, SIZE.at, SIZE.width),
    mtime: readNumber(block, MTIME.at, MTIME.width),
    linkName: readText(block, LINK) as BytePath,
    uname: known ? readText(block, UNAME) : "",
    gname: known ? readText(block, GNAME) : "",
    devMajor: device ? readNumber(block, MAJOR.at, MAJOR.width) : 0,
    devMinor: device ? readNumber(block, MINOR.at, MINOR.width) : 0,
  };
}

function readText(block: Buffer, { at, width }: Field): string {
  if (block[at] === 0) return "";
  const nul = block.indexOf(0, at);
  return block.toString("latin1", at, nul < 0 || nul > at + width ? at + width : nul);
}

/** The checksum: all bytes, with the checksum's own field counted as blanks. */
function unsignedSum(block: Uint8Array): number {
  return CHECKSUM.width * 0x20 + sumOf(block, 0, CHECKSUM.at) + sumOf(block, CHECKSUM.at + CHECKSUM.width, TAR_BLOCK);
}

function sumOf(block: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += block[i]!;
  return sum;
}

function signedSum(block: Uint8Array): number {
  let sum = unsignedSum(block);
  for (let i = 0; i < TAR_BLOCK; i++) {
    const own = i >= CHECKSUM.at && i < CHECKSUM.at + CHECKSUM.width;
    if (block[i]! >= 0x80 && !own) sum -= 0x100;
  }
  return sum;
}

/** Whether the block is the first of an archive's end. */
export function isZeroBlock(block: Uint8Array): boolean {
  for (let i = 0; i < block.length; i++) if (block[i] !== 0) return false;
  return true;
}
