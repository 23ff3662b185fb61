import { type ByteStream, concatBytes } from "@doppel/base";
import { END_OF_ARCHIVE, formatChange, formatFilelistHead, formatManifest, type Manifest } from "@doppel/format";
import type { Journal } from "../cache/journal.ts";
import type { SealedObject, SealWriter } from "../seal/seal-writer.ts";
import type { Sealer } from "../seal/sealer.ts";
import { Spool, type SpoolOptions } from "../seal/spool.ts";
import type { SourceBatch } from "../workers/protocol.ts";

const PIECE_BYTES = 1 << 20;
const LINES_AT_ONCE = 1 << 16;

/** Whoever receives them disposes of both. */
export interface SealedSignatures {
  /** For the target. */
  readonly remote: SealedObject<Spool>;
  /** For the archive directory. */
  readonly local: SealedObject<Spool>;
}

/** The signature archive of a set, sealed twice from one stream: for the target, and as gzip for the archive directory; and as it is to the journal. */
export class Signatures implements AsyncDisposable {
  readonly #writers: readonly [SealWriter<Spool>, SealWriter<Spool>];
  readonly #journal: Journal | undefined;
  #bytes = 0;

  private constructor(remote: SealWriter<Spool>, local: SealWriter<Spool>, journal: Journal | undefined) {
    this.#journal = journal;
    this.#writers = [remote, local];
  }

  static async open(sealer: Sealer, journal?: Journal): Promise<Signatures> {
    return new Signatures(await sealer.openSignatures(PIECE_BYTES), sealer.openLocalSignatures(PIECE_BYTES), journal);
  }

  /** How many bytes were written. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(chunks: readonly Uint8Array[]): Promise<void> {
    if (chunks.length === 0) return;
    const bytes = concatBytes(chunks); // thousands of small records: one pass through the pipeline
    this.#bytes += bytes.length;
    await this.#journal?.write(bytes);
    for (const writer of this.#writers) await writer.write(bytes);
  }

  async finish(): Promise<SealedSignatures> {
    await this.write([END_OF_ARCHIVE]);
    const [remote, local] = this.#writers;
    const [sealed, kept] = await Promise.all([remote.finish(), local.finish()]);
    return { remote: sealed, local: kept };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.discard()));
  }
}

/** The Filelist of a manifest (spec 2.3) as it grows: one line for each regular file, not held in memory. */
export class Filelist implements AsyncDisposable {
  readonly #lines: Spool;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #count = 0;

  constructor(spool: SpoolOptions) {
    this.#lines = new Spool(spool);
  }

  /** Files of a batch: those that volumes hold already, then those that it stores. */
  async add({ kept, marks }: Pick<SourceBatch, "kept" | "marks">): Promise<void> {
    const stored = marks.filter(({ type, lastPiece }) => type === "file" && lastPiece);
    for (const change of [...kept, ...stored.map(({ change, path }) => ({ kind: change, path }))]) {
      const line = formatChange(change);
      this.#pending.push(line);
      this.#pendingBytes += line.length;
      this.#count++;
    }
    if (this.#pendingBytes >= LINES_AT_ONCE) await this.#flush();
  }

  /** The whole manifest: volumes first, the Filelist last, as backup runs of stock write it. */
  async *manifest(manifest: Manifest): ByteStream {
    await this.#flush();
    yield formatManifest(manifest);
    yield formatFilelistHead(this.#count);
    yield* this.#lines.open();
  }

  async #flush(): Promise<void> {
    const lines = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (lines.length > 0) await this.#lines.append(concatBytes(lines));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#lines[Symbol.asyncDispose]();
  }
}
