import type { PathEntry } from "@doppel/base";
import { difftarHeader, sigtarHeader, tarPadding } from "@doppel/format";
import type { SourceEntry } from "@doppel/tree";
import { pieceSizes } from "../backup/cut.ts";
import type { Batcher } from "./batcher.ts";
import { type FileToStore, openFile } from "./file.ts";
import type { SignatureMaker } from "./signatures.ts";

export interface StoreContext {
  readonly batcher: Batcher;
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
  batcher.counts.entries++;
  batcher.counts.sourceBytes += entry.size;
  const stored: PathEntry = { ...entry, size: 0 };
  const header = difftarHeader("snapshot", stored);
  batcher.mark({ tarBytes: header.length, path: entry.path, type: entry.type, size: 0, lastPiece: true });
  batcher.append(header);
  batcher.appendSignature(sigtarHeader(stored, 0));
}

function storeFile(entry: SourceEntry, context: StoreContext): void {
  const { batcher, signatures, volumeBytes } = context;
  const file = openFile(entry, (notice) => batcher.notice(notice));
  if (!file) return;
  try {
    batcher.counts.entries++;
    batcher.counts.sourceBytes += file.size;
    const stored: PathEntry = { ...entry, size: file.size };
    const signature = signatures.begin(stored);
    const pieces = pieceSizes(file.size, volumeBytes);
    for (let piece = 1; piece <= pieces.count; piece++) {
      const size = pieces.sizeOf(piece);
      const cut = pieces.count > 1;
      const header = difftarHeader("snapshot", { ...stored, size }, cut ? { number: piece, size } : undefined);
      batcher.mark({
        tarBytes: header.length + size + tarPadding(size),
        path: entry.path,
        type: entry.type,
        size: file.size,
        ...(cut ? { piece } : {}),
        lastPiece: piece === pieces.count,
      });
      batcher.append(header);
      storeContent(file, size, batcher, (bytes) => signature.update(bytes));
      batcher.zeros(tarPadding(size));
    }
    signature.finish();
    batcher.counts.contentBytes += file.size;
    const notice = file.outcome();
    if (notice) batcher.notice(notice);
  } finally {
    file.close();
  }
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
