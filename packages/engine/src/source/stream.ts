import { createHash } from "node:crypto";
import type { PathEntry } from "@doppel/base";
import { difftarHeader, indexAttributes, tarPadding } from "@doppel/format";
import type { SourceEntry } from "@doppel/tree";
import { countNew, type StoreContext } from "./store-entry.ts";

/** A file whose size is known when it has ended. */
export interface StreamToStore {
  readonly size: undefined;
  /** Fills the start of `part`; returns the number of bytes, 0 at the end. */
  read(part: Uint8Array): number;
  close(): void;
}

/** A piece is held in memory, because its size stands in a header before it. */
const PIECE = 4 << 20;
const PART = 1 << 18;
/** Pieces of exactly this size mean that more follow (spec 3.6). */
const STOCK_PIECE = 65_536;

/** One is stored while the next is filled, so that the last is known for what it is. One pair for all: fresh memory costs as much as hashing it. */
let pieces: readonly [Buffer, Buffer] | undefined;

/**
 * Stores a file that exists only as a stream: whole where it fits into one piece, and otherwise in pieces as it comes. Its line in the
 * index begins with the last piece, where its size is known.
 */
export function storeStream(entry: SourceEntry, stream: StreamToStore, { batcher, signatures, volumeBytes }: StoreContext): void {
  const limit = Math.min(PIECE, volumeBytes);
  pieces ??= [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)];
  const sha256 = createHash("sha256");
  let total = 0;
  let here = 0;
  const fillFrom = (length: number): number => (length < limit ? 0 : fill(stream, pieces![1 - here]!.subarray(0, limit)));
  let length = fill(stream, pieces[0].subarray(0, limit));
  let nextLength = fillFrom(length);
  using signature = signatures.beginUnsized(entry, length + nextLength);
  for (let piece = 1; ; piece++) {
    const bytes = pieces[here]!.subarray(0, length);
    const last = nextLength === 0 && !(length === STOCK_PIECE && limit === STOCK_PIECE);
    total += length;
    signature.update(bytes);
    sha256.update(bytes);
    const stored: PathEntry = { ...entry, size: length };
    const whole = last && piece === 1;
    const header = difftarHeader("snapshot", stored, whole ? undefined : { number: piece, size: length });
    batcher.mark({
      tarBytes: header.length + length + tarPadding(length),
      path: entry.path,
      type: entry.type,
      change: "new",
      size: total,
      ...(last ? { attributes: indexAttributes("snapshot", { ...entry, size: total }) } : {}),
      ...(whole ? {} : { piece }),
      lastPiece: last,
      endsVolume: false,
    });
    batcher.append(header);
    batcher.append(bytes);
    batcher.zeros(tarPadding(length));
    if (last) break;
    here = 1 - here;
    length = nextLength;
    nextLength = fillFrom(length);
  }
  countNew(batcher, { ...entry, size: total, statSize: total }, total);
  signature.finish(total);
  batcher.digest(sha256.digest("binary"));
  batcher.counts.contentBytes += total;
}

/** @returns how many bytes of `part` there were */
function fill(stream: StreamToStore, part: Uint8Array): number {
  let length = 0;
  while (length < part.length) {
    const count = stream.read(part.subarray(length));
    if (count === 0) break;
    length += count;
  }
  return length;
}

/** Parts that do not go to a volume as they are. Each is lent until the next is taken. */
export function* contentOfStream(stream: StreamToStore): Generator<Uint8Array> {
  pieces ??= [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)];
  const part = pieces[0].subarray(0, PART);
  for (let length = fill(stream, part); length > 0; length = fill(stream, part)) yield part.subarray(0, length);
}
