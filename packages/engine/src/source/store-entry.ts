import { createHash } from "node:crypto";
import { type PathEntry, ROOT } from "@doppel/base";
import { difftarHeader, indexAttributes, sigtarHeader, tarPadding } from "@doppel/format";
import type { Rsync } from "@doppel/rsync";
import type { SourceEntry } from "@doppel/tree";
import { pieceSizes } from "../backup/cut.ts";
import type { Batcher } from "./batcher.ts";
import { type FileToStore, openFile } from "./file.ts";
import type { SignatureMaker } from "./signatures.ts";

const STOCK_PIECE = 65_536;

export interface StoreContext {
  readonly batcher: Batcher;
  readonly rsync: Rsync;
  readonly signatures: SignatureMaker;
  readonly volumeBytes: number;
}

/** Stores one entry: its difftar entry (or pieces) and its signature, from one reading of the source. */
export function storeEntry(entry: SourceEntry, context: StoreContext): void {
  const { batcher } = context;
  if (entry.type === "file") {
    storeFile(entry, context);
    return;
  }
  countNew(batcher, entry.statSize);
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

function storeFile(entry: SourceEntry, context: StoreContext): void {
  const { batcher, signatures, volumeBytes } = context;
  const file = openFile(entry, (notice) => batcher.notice(notice));
  if (!file) return;
  try {
    countNew(batcher, file.size);
    const stored: PathEntry = { ...entry, size: file.size };
    const signature = signatures.begin(stored);
    const sha256 = createHash("sha256");
    const pieces = pieceSizes(file.size, volumeBytes);
    // A single file as the source is `snapshot/` (spec 3.4), which GNU tar takes for a folder: as a piece tar restores it.
    const cut = pieces.count > 1 || entry.path === ROOT;
    // Pieces of exactly stock's size mean that more follow (spec 3.6): an empty one ends the file.
    const count = cut && file.size === STOCK_PIECE ? 2 : pieces.count;
    for (let piece = 1; piece <= count; piece++) {
      const size = piece <= pieces.count ? pieces.sizeOf(piece) : 0;
      const header = difftarHeader("snapshot", { ...stored, size }, cut ? { number: piece, size } : undefined);
      batcher.mark({
        tarBytes: header.length + size + tarPadding(size),
        path: entry.path,
        type: entry.type,
        change: "new",
        size: file.size,
        ...(piece === 1 ? { attributes: indexAttributes("snapshot", stored) } : {}),
        ...(cut ? { piece } : {}),
        lastPiece: piece === count,
        endsVolume: piece < pieces.count,
      });
      batcher.append(header);
      storeContent(file, size, batcher, (bytes) => {
        signature.update(bytes);
        sha256.update(bytes);
      });
      batcher.zeros(tarPadding(size));
    }
    signature.finish();
    batcher.digest(sha256.digest());
    batcher.counts.contentBytes += file.size;
    const notice = file.outcome();
    if (notice) batcher.notice(notice);
  } finally {
    file.close();
  }
}

function countNew({ counts }: Batcher, size: number): void {
  counts.entries++;
  counts.sourceBytes += size;
  counts.new++;
  counts.newBytes += size;
}

/** Exactly `size` bytes into the batch: the size stands in the header already, so what the file lacks is zeros. */
function storeContent(file: FileToStore, size: number, batcher: Batcher, tap: (bytes: Uint8Array) => void): void {
  for (let left = size; left > 0; ) {
    const space = batcher.space();
    const part = space.subarray(0, Math.min(space.length, left));
    file.fill(part);
    tap(part);
    batcher.commit(part.length);
    left -= part.length;
  }
}
