import { createHash } from "node:crypto";
import { concatBytes, type PathEntry } from "@doppel/base";
import { difftarHeader, indexAttributes, tarPadding } from "@doppel/format";
import type { SignatureTable } from "@doppel/rsync";
import type { SourceEntry } from "@doppel/tree";
import type { Batcher } from "./batcher.ts";
import { type FileToStore, openFile } from "./file.ts";
import type { StoreContext } from "./store-entry.ts";

/**
 * A delta is one tar entry up to this size (or that of a volume, if it is smaller), and pieces of it beyond: its length stands
 * in a header before it, so that a piece is held in memory.
 */
const DELTA_PIECE = 4 << 20;
const READ_BYTES = 1 << 18;

/** Stores a changed file as a delta against its old signature, with its new signature, from one reading. */
export function storeDelta(entry: SourceEntry, old: SignatureTable, context: StoreContext): void {
  const { batcher, rsync, signatures } = context;
  const file = openFile(entry, (notice) => batcher.notice(notice));
  if (!file) return;
  try {
    batcher.counts.entries++;
    batcher.counts.sourceBytes += file.size;
    batcher.counts.changed++;
    batcher.counts.changedBytes += file.size;
    const stored: PathEntry = { ...entry, size: file.size };
    const signature = signatures.begin(stored);
    const encoder = rsync.delta(old);
    const pieces = new DeltaPieces(stored, batcher, Math.min(DELTA_PIECE, context.volumeBytes));
    const sha256 = createHash("sha256");
    forEachPart(file, (part) => {
      signature.update(part);
      sha256.update(part);
      for (const chunk of encoder.update(part)) pieces.add(chunk);
    });
    for (const chunk of encoder.finish()) pieces.add(chunk);
    pieces.finish();
    signature.finish();
    batcher.digest(sha256.digest());
    const notice = file.outcome();
    if (notice) batcher.notice(notice);
  } finally {
    file.close();
  }
}

function forEachPart(file: FileToStore, use: (part: Uint8Array) => void): void {
  for (let left = file.size; left > 0; ) {
    const part = new Uint8Array(Math.min(READ_BYTES, left));
    file.fill(part);
    use(part);
    left -= part.length;
  }
}

/** Collects a delta up to one piece; a longer one goes out as `multivol_diff` entries. */
class DeltaPieces {
  readonly #entry: PathEntry;
  readonly #batcher: Batcher;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #written = 0;

  readonly #limit: number;

  constructor(entry: PathEntry, batcher: Batcher, limit: number) {
    this.#limit = limit;
    this.#entry = entry;
    this.#batcher = batcher;
  }

  add(chunk: Uint8Array): void {
    // A piece goes out when more is certain to come, so that the last one is known for what it is.
    if (this.#bytes >= this.#limit) this.#write(false);
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  finish(): void {
    this.#write(true);
  }

  #write(last: boolean): void {
    const bytes = concatBytes(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    const whole = last && this.#written === 0;
    const piece = ++this.#written;
    const { path, type } = this.#entry;
    const header = difftarHeader(
      "diff",
      { ...this.#entry, size: bytes.length },
      whole ? undefined : { number: piece, size: bytes.length },
    );
    const batcher = this.#batcher;
    batcher.mark({
      tarBytes: header.length + bytes.length + tarPadding(bytes.length),
      path,
      type,
      change: "changed",
      size: this.#entry.size,
      ...(piece === 1 ? { attributes: indexAttributes("diff", this.#entry) } : {}),
      ...(whole ? {} : { piece }),
      lastPiece: last,
      endsVolume: false,
    });
    batcher.append(header);
    batcher.append(bytes);
    batcher.zeros(tarPadding(bytes.length));
    batcher.counts.contentBytes += bytes.length;
  }
}
