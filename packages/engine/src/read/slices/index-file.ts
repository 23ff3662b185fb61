import { createHash, createHmac } from "node:crypto";
import { constants, inflateRawSync } from "node:zlib";
import { type ByteStream, collectBytes, isDoppelError } from "@doppel/base";
import {
  badIndex,
  type BackupSet,
  findIndexEnd,
  type IndexContents,
  type IndexedEntry,
  type IndexedVolume,
  type IndexEnd,
  type SetId,
  parseBlocks,
  parseContents,
  sealOf,
  type VolumeLayout,
} from "@doppel/format";
import { bodyBytes, encryptedRange, messagePlaces, partBefore, type SessionKey } from "@doppel/openpgp";
import type { ReadContext } from "../context.ts";
import { fetchObject } from "../fetch.ts";
import { authenticate, readSessionKeyOf } from "../unseal.ts";
import { sliceOf } from "./slice.ts";
import { StoredBytes } from "./stored-bytes.ts";

/** An index that is read in parts, each of which is checked. */
export interface IndexFile {
  readonly contents: IndexContents;
  /** The entries of blocks `first` up to `end`, in one request. @throws format.bad-index, storage.* */
  entries(first: number, end: number): Promise<readonly IndexedEntry[]>;
  /** How many bytes their lines have. */
  bytesOf(first: number, end: number): number;
}

/** Room for the session key packets of 25 recipients with 4096-bit keys. */
const HEAD = 16 << 10;
/** Holds the end, and the contents of an index of up to 150,000 entries. */
const TAIL = 128 << 10;
/** The encrypted packet's parts, of which the first in the tail has to be whole. */
const PART = (1 << 16) + 1;
/** An index of up to this size (2,000 entries) comes in one request. */
const WHOLE = HEAD + TAIL + PART;

const GZIP_HEADER = 10;
const GZIP_TRAILER = 8;
const ZIP_HEADER = 2;
const SEIPD_VERSION = 1;
/** Of AES, with which alone an index is written (RFC 4880 5.13). */
const PREFIX = 16 + 2;
const MDC = 22;
/** What a full flush ends with, which stands before every piece but the first (RFC 1951 3.2.4: an empty stored block). */
const FLUSH = Buffer.of(0, 0, 0xff, 0xff);
/** Of the text that comes out of the tail. */
const INFLATED_LIMIT = 64 << 20;
/** The first is right but for one time in a thousand million. Somebody could write thousands, each of which inflates without end. */
const MOST_FLUSHES = 8;
/** At once, of lines that are held: the contents of the index of a set of 2 TB. */
const READ_LIMIT = 128 << 20;

/**
 * Opens the index of a set: in two requests at a time, for its beginning and its end; one more when it is a large one.
 * Its session key is the only one that has to be asked for. With a verifier the whole of it is fetched, because its signature
 * is over the whole. @param size of the object
 * @throws format.bad-index when it is damaged, of another version, or another set's; volume.damaged, openpgp.*, storage.*
 */
export async function openIndex(name: string, set: BackupSet, size: number, context: ReadContext): Promise<IndexFile> {
  const { deps, runtime } = context;
  try {
    const stored = deps.verifier
      ? await verified(name, context)
      : new StoredBytes(size, (start, end) => deps.storage.get(name, { start, end }, runtime.signal));
    const { volume, end, session } = await locate(name, set.encoding, stored, context);
    refuseOther(end.set, set.id);
    const read = async (from: number, to: number): Promise<Buffer> => {
      if (to - from > READ_LIMIT) throw badIndex("it tells of more lines than can be held");
      const slice = sliceOf(volume, from, to, true);
      const bytes = await stored.read(slice.range.start, slice.range.end);
      const lines = Buffer.from(await collectBytes(slice.tar(only(bytes)), to - from));
      if (lines.length < to - from) throw badIndex("it is cut off");
      return lines;
    };
    const contents = await readContents(end, session, read);
    const offsetOf = (block: number): number => contents.blocks[block]?.offset ?? end.contents;
    return {
      contents,
      bytesOf: (first, last) => offsetOf(last) - offsetOf(first),
      entries: (first, last) =>
        told(async () => (first < last ? checkedBlocks(await read(offsetOf(first), offsetOf(last)), contents, first, last) : [])),
    };
  } catch (error) {
    throw toldOf(error);
  }
}

/** The whole object, whose signature is good. */
async function verified(name: string, context: ReadContext): Promise<StoredBytes> {
  await using spool = await fetchObject(name, context);
  await authenticate(spool, context.unsealing(name));
  const { signal } = context.runtime;
  const bytes = await collectBytes(spool.open(signal), spool.size);
  return new StoredBytes(spool.size, (start, end) => only(bytes.subarray(start, end)));
}

interface Located {
  /** The index, as if it were a volume. */
  readonly volume: IndexedVolume;
  readonly end: IndexEnd;
  readonly session?: SessionKey;
}

async function locate(
  name: string,
  encoding: BackupSet["encoding"],
  stored: StoredBytes,
  context: ReadContext,
): Promise<Located> {
  const { size } = stored;
  if (size <= WHOLE) await stored.keep(0, size);
  if (encoding !== "gpg") {
    const start = Math.max(0, size - TAIL);
    const tail = await stored.keep(start, size);
    const end = endIn(tail, start > 0 ? 0 : GZIP_HEADER);
    const rest = size - (encoding === "gzip" ? end.headerBytes + GZIP_TRAILER : 0);
    const layout = encoding === "gzip" ? { encoding, headerBytes: end.headerBytes } : { encoding };
    return { volume: asVolume(end, layout, rest), end };
  }
  const [head] = await Promise.all([stored.keep(0, Math.min(HEAD, size)), stored.keep(Math.max(0, size - TAIL - PART), size)]);
  const places = messagePlaces(head);
  if (!places) throw badIndex("it begins otherwise than an index does");
  const session = await readSessionKeyOf({ size: head.length, open: () => only(head) }, context.unsealing(name));
  const start = partBefore(places, size, TAIL);
  const tail = await stored.read(start, size);
  const length = bodyBytes(places, start, tail);
  if (length === undefined) throw badIndex("it is cut off");
  const message = { ...places, session, bodyBytes: length };
  const { inside, isStart } = await insideOf(message, start, tail);
  const end = endIn(inside, isStart ? ZIP_HEADER : 0);
  const { literalStart, literalBits, compressed } = end;
  const { cipher, key: sessionKey } = session;
  const layout = { encoding, cipher, sessionKey, ...places, bodyBytes: length, compressed, literalStart, literalBits } as const;
  return { volume: asVolume(end, layout, insideBytes(message) - (compressed ? ZIP_HEADER : 0)), end, session };
}

type Message = Parameters<typeof encryptedRange>[0];

/** The packets inside the message, as far as they come out of its tail. */
async function insideOf(message: Message, start: number, tail: Buffer): Promise<{ inside: Buffer; isStart: boolean }> {
  const { messageStart, partBits } = message;
  const before = ((start - messageStart - 1) / (2 ** partBits + 1)) * 2 ** partBits;
  // Deciphering begins with the block before; two blocks make sure that it is in the tail.
  const from = before === 0 ? 0 : before + 32 - SEIPD_VERSION - PREFIX;
  const range = encryptedRange(message, from, insideBytes(message));
  const chunks: Buffer[] = [];
  for await (const chunk of range.decipher(only(tail.subarray(range.start - start, range.end - start))))
    chunks.push(Buffer.from(chunk));
  return { inside: Buffer.concat(chunks), isStart: before === 0 };
}

function insideBytes(message: Message): number {
  return message.bodyBytes - SEIPD_VERSION - PREFIX - MDC;
}

/** @param header bytes before the first piece, if `tail` begins with the beginning of all; otherwise pieces are looked for */
function endIn(tail: Buffer, header: number): IndexEnd {
  const plain = findIndexEnd(tail);
  if (plain) return plain;
  let at = header > 0 ? header : nextPiece(tail, 0);
  for (let tries = 0; at > 0 && tries < MOST_FLUSHES; tries++, at = nextPiece(tail, at)) {
    const end = findIndexEnd(inflated(tail.subarray(at)));
    if (end) return end;
  }
  throw badIndex("it has no end, or one of another version");
}

function nextPiece(tail: Buffer, from: number): number {
  const flush = tail.indexOf(FLUSH, from);
  return flush < 0 ? -1 : flush + FLUSH.length;
}

/** Nothing when it is no beginning of a piece: the four bytes may be found anywhere, once in 4 GB. */
function inflated(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: INFLATED_LIMIT });
  } catch {
    return Buffer.alloc(0);
  }
}

/** @param rest how many bytes all its pieces take */
function asVolume({ bytes, pieceBytes, pieces }: IndexEnd, layout: VolumeLayout, rest: number): IndexedVolume {
  const last = pieces.reduce((left, piece) => left - piece, rest);
  if (last <= 0 && layout.encoding !== "plain") throw badIndex("its end tells of pieces that are not there");
  return { number: 0, tarBytes: bytes, pieceBytes, pieces: [...pieces, last], layout };
}

async function readContents(
  end: IndexEnd,
  session: SessionKey | undefined,
  read: (from: number, to: number) => Promise<Buffer>,
): Promise<IndexContents> {
  const bytes = await read(end.contents, end.bytes);
  const { sealed, mac } = sealOf(bytes);
  const expected = createHmac("sha256", session?.key ?? "")
    .update(bytes.subarray(0, sealed))
    .digest("base64url");
  if (mac !== expected) throw badIndex("its seal is another");
  return parseContents(bytes, end);
}

function checkedBlocks(bytes: Buffer, { blocks }: IndexContents, first: number, last: number): readonly IndexedEntry[] {
  const origin = blocks[first]?.offset ?? 0;
  for (const [index, { offset, sha256 }] of blocks.slice(first, last).entries()) {
    const next = blocks[first + index + 1];
    const lines = bytes.subarray(offset - origin, next && first + index + 1 < last ? next.offset - origin : undefined);
    if (createHash("sha256").update(lines).digest("base64url") !== sha256) throw badIndex("a block of it has another digest");
  }
  return parseBlocks(bytes);
}

/** @throws format.bad-index when an index says that it is that of another set */
export function refuseOther(found: SetId, expected: SetId): void {
  const isSame = (["start", "end"] as const).every((time) => found[time].getTime() === expected[time].getTime());
  if (found.kind !== expected.kind || !isSame) throw badIndex(OTHER_SET);
}

/** Why an index is not used that is sound, and not this set's. */
export const OTHER_SET = "it is that of another set";

async function* only(bytes: Uint8Array): ByteStream {
  yield bytes;
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toldOf(error);
  }
}

/** Nonsense where an index should be shows in many ways. */
function toldOf(error: unknown): unknown {
  const isOurs = error instanceof RangeError || isDoppelError(error, "openpgp.bad-message");
  return isOurs || (error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))
    ? badIndex((error as Error).message)
    : error;
}
