import { createHash } from "node:crypto";
import { displayPath, type PathEntry } from "@doppel/base";
import { difftarHeader, indexAttributes, tarPadding } from "@doppel/format";
import type { SourceEntry } from "@doppel/tree";
import type { CutFile } from "../workers/protocol.ts";
import type { Batcher } from "./batcher.ts";
import { cutDigest, type Resuming, refuseUnless } from "./cut-file.ts";
import type { OldSignature } from "./old-state.ts";
import { contentOf, type StoreContext } from "./store-entry.ts";
import { contentOfStream } from "./stream.ts";

/**
 * A delta is one tar entry up to this size (or that of a volume, if it is smaller), and pieces of it beyond: its length stands
 * in a header before it, so that a piece is held in memory.
 */
const DELTA_PIECE = 4 << 20;
/**
 * Of a stream nobody knows how long it will be; who makes one has, as a rule, much to say. For these its blocks are stock's largest, which
 * costs signatures little and deltas of short streams some hundred bytes.
 */
const STREAM_AT_LEAST = 4 << 20;

/**
 * Stores a changed file as a delta against its old signature, with its new signature, from one reading.
 * @param resuming its first pieces are stored already; the delta is made anew, and those are left out of it
 * @throws Refused when they are not the beginning of it
 */
export async function storeDelta(
  entry: SourceEntry,
  old: OldSignature,
  context: StoreContext,
  resuming?: Resuming,
): Promise<void> {
  const { batcher, rsync, signatures } = context;
  batcher.nextPath(entry.path);
  const file = context.open(entry, (notice) => batcher.notice(notice));
  if (resuming) refuseUnless(file !== undefined, displayPath(entry.path), "cannot be read");
  if (!file) return;
  try {
    const before = batcher.counts.contentBytes;
    const limit = Math.min(DELTA_PIECE, context.volumeBytes);
    const encoder = rsync.delta(old.table);
    const sized: PathEntry | undefined = file.size === undefined ? undefined : { ...entry, size: file.size };
    const pieces = new DeltaPieces(sized ?? entry, sized !== undefined, batcher, limit, resuming);
    using signature = sized ? signatures.begin(sized) : signatures.beginUnsized(entry, STREAM_AT_LEAST);
    const sha256 = createHash("sha256");
    let position = 0;
    for (const bytes of file.size === undefined ? contentOfStream(file) : contentOf(file, file.size)) {
      const moved = old.moveTo(position);
      if (moved) encoder.searchIn(await moved);
      sha256.update(bytes);
      signature.update(bytes, (records) => {
        for (const chunk of encoder.update(bytes, records)) pieces.add(chunk);
      });
      position += bytes.length;
    }
    for (const chunk of encoder.finish()) pieces.add(chunk);
    pieces.finish(position);
    batcher.counts.changed++;
    batcher.counts.changedBytes += position;
    batcher.count(entry, position, batcher.counts.contentBytes - before);
    signature.finish(position);
    batcher.digest(sha256.digest("binary"));
    const notice = file.size === undefined ? undefined : file.outcome();
    if (notice) batcher.notice(notice);
  } finally {
    file.close();
  }
}

/** Collects a delta up to one piece; a longer one goes out as `multivol_diff` entries. */
class DeltaPieces {
  #entry: PathEntry;
  readonly #batcher: Batcher;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #written = 0;

  #writtenBytes = 0;
  /** "" as long as the size is not known. */
  #attributes = "";
  /** Over all pieces but the last. */
  readonly #content = createHash("sha256");
  /** The line in the index begins with the last piece. */
  #late = false;
  readonly #limit: number;
  readonly #resuming: Resuming | undefined;

  constructor(entry: PathEntry, sized: boolean, batcher: Batcher, limit: number, resuming: Resuming | undefined) {
    if (sized) this.#attributes = indexAttributes("diff", entry);
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

  /** @param size bytes of the file, which may not have been known before */
  finish(size: number): void {
    this.#entry = { ...this.#entry, size };
    this.#late = this.#attributes === "";
    if (this.#late) this.#attributes = indexAttributes("diff", this.#entry);
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
    const cut = last || this.#attributes === "" ? undefined : this.#cut(piece, chunks);
    if (this.#isStored(piece, cut)) return;
    const header = difftarHeader("diff", { ...this.#entry, size }, whole ? undefined : { number: piece, size });
    const batcher = this.#batcher;
    batcher.mark({
      tarBytes: header.length + size + tarPadding(size),
      path,
      type,
      change: "changed",
      size: this.#entry.size,
      ...((this.#late ? last : piece === 1 && this.#attributes !== "") ? { attributes: this.#attributes } : {}),
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
