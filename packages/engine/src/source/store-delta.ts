import { createHash } from "node:crypto";
import { displayPath, type PathEntry } from "@doppel/base";
import { difftarHeader, indexAttributes, tarPadding } from "@doppel/format";
import type { SignatureTable } from "@doppel/rsync";
import type { SourceEntry } from "@doppel/tree";
import type { CutFile } from "../workers/protocol.ts";
import type { Batcher } from "./batcher.ts";
import { cutDigest, type Resuming, refuseUnless } from "./cut-file.ts";
import { openFile } from "./file.ts";
import { skipContent, type StoreContext } from "./store-entry.ts";

/**
 * A delta is one tar entry up to this size (or that of a volume, if it is smaller), and pieces of it beyond: its length stands
 * in a header before it, so that a piece is held in memory.
 */
const DELTA_PIECE = 4 << 20;

/**
 * Stores a changed file as a delta against its old signature, with its new signature, from one reading.
 * @param resuming its first pieces are stored already; the delta is made anew, and those are left out of it
 * @throws Refused when they are not the beginning of it
 */
export function storeDelta(entry: SourceEntry, old: SignatureTable, context: StoreContext, resuming?: Resuming): void {
  const { batcher, rsync, signatures } = context;
  batcher.nextPath(entry.path);
  const file = openFile(entry, (notice) => batcher.notice(notice));
  if (resuming) refuseUnless(file !== undefined, displayPath(entry.path), "cannot be read");
  if (!file) return;
  try {
    const before = batcher.counts.contentBytes;
    batcher.counts.changed++;
    batcher.counts.changedBytes += file.size;
    const stored: PathEntry = { ...entry, size: file.size };
    const signature = signatures.begin(stored);
    const encoder = rsync.delta(old);
    const pieces = new DeltaPieces(stored, batcher, Math.min(DELTA_PIECE, context.volumeBytes), resuming);
    const sha256 = createHash("sha256");
    skipContent(file, file.size, (bytes) => {
      sha256.update(bytes);
      signature.update(bytes, (records) => {
        for (const chunk of encoder.update(bytes, records)) pieces.add(chunk);
      });
    });
    for (const chunk of encoder.finish()) pieces.add(chunk);
    pieces.finish();
    batcher.count(entry, file.size, batcher.counts.contentBytes - before);
    signature.finish();
    batcher.digest(sha256.digest("binary"));
    const notice = file.outcome();
    if (notice) batcher.notice(notice);
  } finally {
    file.close();
  }
}

/** Collects a delta up to one piece; a longer one goes out as `multivol_diff` entries. */
class DeltaPieces {
  readonly #entry: PathEntry;
  readonly #batcher: Batcher;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #written = 0;

  #writtenBytes = 0;
  readonly #attributes: string;
  /** Over all pieces but the last. */
  readonly #content = createHash("sha256");
  readonly #limit: number;
  readonly #resuming: Resuming | undefined;

  constructor(entry: PathEntry, batcher: Batcher, limit: number, resuming: Resuming | undefined) {
    this.#attributes = indexAttributes("diff", entry);
    this.#limit = limit;
    this.#resuming = resuming;
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
    const chunks = this.#chunks;
    const size = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    const whole = last && this.#written === 0;
    const piece = ++this.#written;
    const { path, type } = this.#entry;
    const cut = last ? undefined : this.#cut(piece, chunks);
    if (this.#isStored(piece, cut)) return;
    const header = difftarHeader("diff", { ...this.#entry, size }, whole ? undefined : { number: piece, size });
    const batcher = this.#batcher;
    batcher.mark({
      tarBytes: header.length + size + tarPadding(size),
      path,
      type,
      change: "changed",
      size: this.#entry.size,
      ...(piece === 1 ? { attributes: this.#attributes } : {}),
      ...(whole ? {} : { piece }),
      lastPiece: last,
      endsVolume: false,
    });
    batcher.append(header);
    for (const chunk of chunks) batcher.append(chunk); // joined, they would be 4 MiB of new memory for each piece
    batcher.zeros(tarPadding(size));
    if (cut) batcher.cut(cut);
    batcher.counts.contentBytes += size;
  }

  #cut(piece: number, chunks: readonly Uint8Array[]): CutFile {
    for (const chunk of chunks) {
      this.#content.update(chunk);
      this.#writtenBytes += chunk.length;
    }
    return { piece, bytes: this.#writtenBytes, digest: cutDigest(this.#attributes, this.#content) };
  }

  #isStored(piece: number, cut: CutFile | undefined): boolean {
    const resuming = this.#resuming;
    if (!resuming || piece > resuming.piece) return false;
    const same = piece < resuming.piece ? cut !== undefined : cut?.bytes === resuming.bytes && cut.digest === resuming.digest;
    refuseUnless(same, displayPath(this.#entry.path), "has changed");
    return true;
  }
}
