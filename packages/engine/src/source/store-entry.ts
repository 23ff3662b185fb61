import { createHash } from "node:crypto";
import { displayPath, type PathEntry, ROOT } from "@doppel/base";
import { difftarHeader, indexAttributes, sigtarHeader, tarPadding } from "@doppel/format";
import type { Rsync } from "@doppel/rsync";
import type { SourceEntry } from "@doppel/tree";
import { pieceSizes } from "../backup/cut.ts";
import type { Batcher } from "./batcher.ts";
import { cutDigest, type Resuming, refuseUnless } from "./cut-file.ts";
import type { FileToStore } from "./file.ts";
import type { SignatureMaker } from "./signatures.ts";
import { storeSmall } from "./store-small.ts";
import { type StreamToStore, storeStream } from "./stream.ts";
import type { SourceNotice } from "../workers/protocol.ts";

const STOCK_PIECE = 65_536;
/** One for all: fresh memory for each part would cost as much as its signature (measured: 1.4 ms per MiB). */
const skipped = Buffer.allocUnsafeSlow(1 << 18);

export interface StoreContext {
  readonly batcher: Batcher;
  /** The content of a file; undefined when it cannot be read, which has been noticed. */
  readonly open: (entry: SourceEntry, notice: (notice: SourceNotice) => void) => FileToStore | StreamToStore | undefined;
  /** Files are on the disk, where small ones are read in one call. */
  readonly onDisk: boolean;
  readonly rsync: Rsync;
  readonly signatures: SignatureMaker;
  readonly volumeBytes: number;
}

/**
 * Stores one entry: its difftar entry (or pieces) and its signature, from one reading of the source.
 * @param resuming its first pieces are stored already
 * @throws Refused when what is stored is not the beginning of what is there now
 */
export function storeEntry(entry: SourceEntry, context: StoreContext, resuming?: Resuming): void {
  const { batcher } = context;
  batcher.nextPath(entry.path);
  if (entry.type === "file") {
    // A single file as the source is in pieces, and so is what goes on with pieces.
    const isPlain = context.onDisk && entry.path !== ROOT && !resuming;
    if (!isPlain || !storeSmall(entry, context)) storeContent(entry, context, resuming);
    return;
  }
  if (resuming) refuseUnless(false, displayPath(entry.path), "is no file any more");
  countNew(batcher, entry, entry.statSize);
  const stored: PathEntry = { ...entry, size: 0 };
  const header = difftarHeader("snapshot", stored);
  batcher.mark({
    tarBytes: header.length,
    path: entry.path,
    type: entry.type,
    change: "new",
    size: 0,
    attributes: indexAttributes("snapshot", stored),
    lastPiece: true,
    endsVolume: false,
  });
  batcher.append(header);
  batcher.appendSignature(sigtarHeader(stored, 0));
}

function storeContent(entry: SourceEntry, context: StoreContext, resuming?: Resuming): void {
  const file = context.open(entry, (notice) => context.batcher.notice(notice));
  if (resuming) refuseUnless(file !== undefined, displayPath(entry.path), "cannot be read");
  if (!file) return;
  try {
    if (file.size === undefined) storeStream(entry, file, context);
    else storeFile(entry, file, context, resuming);
  } finally {
    file.close();
  }
}

function storeFile(entry: SourceEntry, file: FileToStore, context: StoreContext, resuming?: Resuming): void {
  const { batcher, signatures, volumeBytes } = context;
  countNew(batcher, entry, file.size);
  const stored: PathEntry = { ...entry, size: file.size };
  const signature = signatures.begin(stored);
  const sha256 = createHash("sha256");
  const attributes = indexAttributes("snapshot", stored);
  const content = (bytes: Uint8Array): void => {
    signature.update(bytes);
    sha256.update(bytes);
  };
  const [first, begin] = resuming ? [resuming.piece, resuming.bytes] : [0, 0];
  if (resuming) {
    refuseUnless(file.size >= begin, displayPath(entry.path), "has become shorter");
    for (const bytes of contentOf(file, begin)) content(bytes);
    const same = resuming.digest === undefined || resuming.digest === cutDigest(attributes, sha256);
    refuseUnless(same, displayPath(entry.path), "has changed");
  }
  const pieces = pieceSizes(file.size - begin, volumeBytes);
  // A single file as the source is `snapshot/` (spec 3.4), which GNU tar takes for a folder: as a piece tar restores it.
  const cut = pieces.count > 1 || resuming !== undefined || entry.path === ROOT;
  // Pieces of exactly stock's size mean that more follow (spec 3.6): an empty one ends the file.
  const onlyStockPieces = file.size - begin === STOCK_PIECE && begin === first * STOCK_PIECE;
  const count = cut && onlyStockPieces ? 2 : pieces.count;
  let storedBytes = begin;
  for (let piece = 1; piece <= count; piece++) {
    const size = piece <= pieces.count ? pieces.sizeOf(piece) : 0;
    const number = first + piece;
    const header = difftarHeader("snapshot", { ...stored, size }, cut ? { number, size } : undefined);
    storedBytes += size;
    batcher.mark({
      tarBytes: header.length + size + tarPadding(size),
      path: entry.path,
      type: entry.type,
      change: "new",
      size: file.size,
      ...(number === 1 ? { attributes } : {}),
      ...(cut ? { piece: number } : {}),
      lastPiece: piece === count,
      endsVolume: piece < pieces.count,
    });
    batcher.append(header);
    copyContent(file, size, batcher, content);
    batcher.zeros(tarPadding(size));
    if (piece < count) batcher.cut({ piece: number, bytes: storedBytes, digest: cutDigest(attributes, sha256) });
  }
  signature.finish(file.size);
  batcher.digest(sha256.digest("binary"));
  batcher.counts.contentBytes += file.size;
  const notice = file.outcome();
  if (notice) batcher.notice(notice);
}

export function countNew(batcher: Batcher, entry: SourceEntry, size: number): void {
  batcher.count(entry, size, size);
  batcher.counts.new++;
  batcher.counts.newBytes += size;
}

/** The next `size` bytes, which do not go to a volume as they are. Each part is lent until the next is taken, of whatever file. */
export function* contentOf(file: FileToStore, size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const part = skipped.subarray(0, Math.min(skipped.length, left));
    file.fill(part);
    yield part;
    left -= part.length;
  }
}

/** Exactly `size` bytes into the batch: the size stands in the header already, so what the file lacks is zeros. */
function copyContent(file: FileToStore, size: number, batcher: Batcher, tap: (bytes: Uint8Array) => void): void {
  for (let left = size; left > 0; ) {
    const space = batcher.space();
    const part = space.subarray(0, Math.min(space.length, left));
    file.fill(part);
    tap(part);
    batcher.commit(part.length);
    left -= part.length;
  }
}
