import { constants, createInflateRaw } from "node:zlib";
import type { ByteStream } from "@doppel/base";
import type { IndexedVolume } from "@doppel/format";
import { deframed, encryptedRange, FramedBody } from "@doppel/openpgp";
import type { ByteRange } from "@doppel/storage";
import { through } from "../through.ts";

/** Part of a volume's object, and how the tar bytes that were asked for come out of it. */
export interface Slice {
  readonly range: ByteRange;
  /** `bytes` are those of the range; exactly the tar bytes come out, unless they are damaged. */
  tar(bytes: ByteStream): ByteStream;
}

/** Of the literal data packet's body before the data: mode, empty name, date (RFC 4880 5.9). */
const LITERAL_HEAD = 6;
/** The header of a compressed data packet and its algorithm. */
const ZIP_HEAD = 2;
const INFLATED_CHUNK = 1 << 18;

/**
 * How bytes `from` up to `to` of a volume's tar stream are read without the rest of the volume: pieces end with a full flush,
 * so inflating can begin at any of them. Nothing here proves that the bytes are right; the digests of the index do.
 * @param lastHoldsRest the last piece may be longer than `pieceBytes`: it is all the rest
 * @throws RangeError when the index contradicts itself; openpgp.bad-message
 */
export function sliceOf(volume: IndexedVolume, from: number, to: number, lastHoldsRest = false): Slice {
  const inner = innerRange(volume, from, to);
  const stored = storedRange(volume, inner, lastHoldsRest);
  const { layout } = volume;
  switch (layout.encoding) {
    case "plain":
      return { range: stored, tar: (bytes) => bytes };
    case "gzip": {
      const { headerBytes } = layout;
      const range = { start: headerBytes + stored.start, end: headerBytes + stored.end };
      return { range, tar: (bytes) => cut(inflated(bytes), inner.start - stored.plainStart, to - from) };
    }
    case "gpg": {
      const before = layout.compressed ? ZIP_HEAD : 0;
      const session = { cipher: layout.cipher, key: layout.sessionKey };
      const { start, end, decipher } = encryptedRange({ ...layout, session }, before + stored.start, before + stored.end);
      const tar = (bytes: ByteStream): ByteStream => {
        const pieces = layout.compressed ? inflated(decipher(bytes)) : decipher(bytes);
        const packet = cut(pieces, inner.start - stored.plainStart, inner.end - inner.start);
        return cut(deframed(literalOf(volume, layout.literalBits), LITERAL_HEAD + from, packet), 0, to - from);
      };
      return { range: { start, end }, tar };
    }
  }
}

/** The same bytes in what was cut into pieces: the tar stream itself, or the packets around it. */
function innerRange(volume: IndexedVolume, from: number, to: number): ByteRange {
  if (from >= to || to > volume.tarBytes) throw new RangeError(`volume ${volume.number} has no bytes ${from} to ${to}`);
  const { layout } = volume;
  if (layout.encoding !== "gpg") return { start: from, end: to };
  const literal = literalOf(volume, layout.literalBits);
  const positionOf = (tar: number): number => layout.literalStart + literal.position(LITERAL_HEAD + tar);
  return { start: positionOf(from), end: positionOf(to - 1) + 1 };
}

function literalOf({ tarBytes }: IndexedVolume, literalBits: number): FramedBody {
  return new FramedBody(LITERAL_HEAD + tarBytes, literalBits);
}

/** Where they are after compression; `plainStart` is where the first piece that is read begins before it. */
function storedRange(
  { number, pieceBytes, pieces, layout }: IndexedVolume,
  { start, end }: ByteRange,
  lastHoldsRest: boolean,
): ByteRange & { plainStart: number } {
  if (layout.encoding === "plain" || (layout.encoding === "gpg" && !layout.compressed)) return { start, end, plainStart: start };
  const most = lastHoldsRest ? pieces.length - 1 : Number.POSITIVE_INFINITY;
  const [first, last] = [Math.min(most, Math.floor(start / pieceBytes)), Math.min(most, Math.floor((end - 1) / pieceBytes))];
  if (last >= pieces.length) throw new RangeError(`volume ${number} has no piece ${last + 1}`);
  const before = sum(pieces, 0, first);
  return { start: before, end: before + sum(pieces, first, last + 1), plainStart: first * pieceBytes };
}

function sum(numbers: readonly number[], from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at++) total += numbers[at]!;
  return total;
}

/** Whole pieces of a DEFLATE stream; its end may not be among them. */
function inflated(pieces: ByteStream): ByteStream {
  return through(pieces, createInflateRaw({ chunkSize: INFLATED_CHUNK, finishFlush: constants.Z_SYNC_FLUSH }));
}

/** `count` bytes from `skip` on; whoever has them does not read further. */
async function* cut(bytes: ByteStream, skip: number, count: number): ByteStream {
  let [toSkip, left] = [skip, count];
  for await (const chunk of bytes) {
    const from = Math.min(toSkip, chunk.length);
    toSkip -= from;
    const part = chunk.subarray(from, from + left);
    left -= part.length;
    if (part.length > 0) yield part;
    if (left === 0) return;
  }
}
