import type { Encoding } from "@doppel/format";
import type { Envelope } from "../job.ts";
import { type Framing, gzipFraming, plainFraming } from "./framing.ts";
import { openpgpFraming } from "./openpgp-framing.ts";
import type { Permits } from "./permits.ts";
import { SealWriter } from "./seal-writer.ts";
import type { SpoolOptions } from "./spool.ts";

export interface SealerOptions {
  readonly envelope: Envelope;
  readonly level: number;
  readonly permits: Permits;
  readonly spool: SpoolOptions;
}

/** 256 KiB: more than the last line of an index of 10 million entries, which has to fit into one part. */
const INDEX_LITERAL_BITS = 18;

/** Makes the writers of a run: every object of a set in the same envelope (spec 6.1: volume, sigtar and manifest alike). */
export class Sealer {
  readonly #options: SealerOptions;

  constructor(options: SealerOptions) {
    this.#options = options;
  }

  /** What the names of volumes and signatures say. */
  get encoding(): Encoding {
    return this.#options.envelope.kind;
  }

  async openVolume(pieceBytes: number): Promise<SealWriter> {
    return this.#open(await this.#framing(), pieceBytes);
  }

  /** Signature archives are sealed as volumes are. */
  async openSignatures(pieceBytes: number): Promise<SealWriter> {
    return this.openVolume(pieceBytes);
  }

  /** An index is sealed as volumes are; little of it is held back at a time, so that its last piece is small. */
  async openIndex(pieceBytes: number): Promise<SealWriter> {
    return this.#open(await this.#framing(INDEX_LITERAL_BITS), pieceBytes);
  }

  /** A manifest is never gzipped, but encrypted like everything else (spec 1.1). */
  async openManifest(pieceBytes: number): Promise<SealWriter> {
    const encrypted = this.#options.envelope.kind === "gpg";
    return this.#open(encrypted ? await this.#framing() : plainFraming(), pieceBytes);
  }

  /** The archive directory's copy of the signatures: always gzip, never encrypted (spec 7.1). */
  openLocalSignatures(pieceBytes: number): SealWriter {
    return this.#open(gzipFraming(), pieceBytes, 1);
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

  #open(framing: Framing, pieceBytes: number, level = this.#options.level): SealWriter {
    const { permits, spool } = this.#options;
    return new SealWriter({ framing, level, pieceBytes, permits, spool });
  }
}
