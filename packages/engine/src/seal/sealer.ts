import type { Encoding } from "@doppel/format";
import type { Envelope } from "../job.ts";
import type { Compressor } from "./compressor.ts";
import { type Framing, gzipFraming, plainFraming } from "./framing.ts";
import type { Hasher } from "./hasher.ts";
import { openpgpFraming } from "./openpgp-framing.ts";
import { OutletBuffers } from "./outlet.ts";
import { type ObjectPlace, SealWriter } from "./seal-writer.ts";
import { Spool, type SpoolOptions } from "./spool.ts";

/** Nobody asks how large these are before their end. */
const UNCUT = 32;

export interface SealerOptions {
  readonly envelope: Envelope;
  readonly level: number;
  readonly compressor: Compressor;
  readonly hasher: Hasher;
  readonly spool: SpoolOptions;
}

/** 256 KiB: more than the last line of an index of 10 million entries, which has to fit into one part. */
const INDEX_LITERAL_BITS = 18;

/** Makes the writers of a run: every object of a set in the same envelope (spec 6.1: volume, sigtar and manifest alike). */
export class Sealer {
  readonly #options: SealerOptions;
  readonly #buffers = new OutletBuffers();

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** What the names of volumes and signatures say. */
  get encoding(): Encoding {
    return this.#options.envelope.kind;
  }

  /**
   * @param lag see `SealWriterOptions`
   * @param place is the writer's from now on
   */
  async openVolume<P extends ObjectPlace>(pieceBytes: number, lag: number, place: P): Promise<SealWriter<P>> {
    try {
      return this.#open(await this.#framing(), { pieceBytes, lag, place });
    } catch (error) {
      await place[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Signature archives are sealed as volumes are. */
  async openSignatures(pieceBytes: number): Promise<SealWriter<Spool>> {
    return this.#open(await this.#framing(), { pieceBytes, place: this.spool() });
  }

  /** An index is sealed as volumes are; little of it is held back at a time, so that its last piece is small. */
  async openIndex(pieceBytes: number): Promise<SealWriter<Spool>> {
    return this.#open(await this.#framing(INDEX_LITERAL_BITS), { pieceBytes, place: this.spool() });
  }

  /** A manifest is never gzipped, but encrypted like everything else (spec 1.1). */
  async openManifest(pieceBytes: number): Promise<SealWriter<Spool>> {
    const encrypted = this.#options.envelope.kind === "gpg";
    return this.#open(encrypted ? await this.#framing() : plainFraming(), { pieceBytes, place: this.spool() });
  }

  /** The archive directory's copy of the signatures: always gzip, never encrypted (spec 7.1). */
  openLocalSignatures(pieceBytes: number): SealWriter<Spool> {
    return this.#open(gzipFraming(), { pieceBytes, place: this.spool(), level: 1 });
  }

  /** A place for an object that is not written to the target directly. */
  spool(): Spool {
    return new Spool(this.#options.spool);
  }

  async #framing(literalBits?: number): Promise<Framing> {
    const { envelope, spool } = this.#options;
    switch (envelope.kind) {
      case "gpg":
        return openpgpFraming({ ...envelope, random: spool.random, ...(literalBits && { literalBits }) });
      case "gzip":
        return gzipFraming();
      case "plain":
        return plainFraming();
    }
  }

  #open<P extends ObjectPlace>(
    framing: Framing,
    {
      pieceBytes,
      place,
      lag = UNCUT,
      level = this.#options.level,
    }: { pieceBytes: number; place: P; lag?: number; level?: number },
  ): SealWriter<P> {
    const { compressor, hasher } = this.#options;
    return new SealWriter({ framing, level, pieceBytes, lag, compressor, hasher, buffers: this.#buffers, place });
  }
}
