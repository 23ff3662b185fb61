import { indexEnd, indexEntry, indexHead, type IndexedVolume, indexVolume, type SetId, type TarPlace } from "@doppel/format";
import type { Sealer } from "../seal/sealer.ts";
import type { SealedObject, SealWriter } from "../seal/seal-writer.ts";
import type { Spool } from "../seal/spool.ts";
import type { EntryMark } from "../workers/protocol.ts";

const PIECE_BYTES = 1 << 18;
const LINES_AT_ONCE = 1 << 16;
const SHA256_BYTES = 32;

/** An entry whose line is not complete: pieces or its digest are still to come. */
interface Pending {
  readonly attributes: string;
  readonly hasDigest: boolean;
  readonly places: TarPlace[];
}

/**
 * The index of a set as it grows (FORMAT.md, "Index"): a line for each entry as soon as its content has been read, and for
 * each volume as soon as it is stored. Sealed like everything else of the set.
 */
export class SetIndex implements AsyncDisposable {
  readonly #writer: SealWriter<Spool>;
  /** In the order of their marks. */
  #pending: Pending[] = [];
  #lines: string;
  #entries = 0;
  #volumes = 0;

  private constructor(set: SetId, writer: SealWriter<Spool>) {
    this.#writer = writer;
    this.#lines = indexHead(set);
  }

  static async open(set: SetId, sealer: Sealer): Promise<SetIndex> {
    return new SetIndex(set, await sealer.openSignatures(PIECE_BYTES));
  }

  /** Where the tar entry of `mark` begins. */
  place({ attributes, type, change }: EntryMark, place: TarPlace): void {
    if (attributes === undefined) this.#pending.at(-1)?.places.push(place);
    else this.#pending.push({ attributes, hasDigest: type === "file" && change !== "deleted", places: [place] });
  }

  /** The digests of a batch, after its marks have been placed. */
  async digests(digests: Uint8Array): Promise<void> {
    let at = 0;
    let done = 0;
    for (const { attributes, hasDigest, places } of this.#pending) {
      if (hasDigest && at === digests.length) break;
      const sha256 = hasDigest ? digests.subarray(at, (at += SHA256_BYTES)) : undefined;
      this.#lines += indexEntry(attributes, sha256, places);
      done++;
    }
    this.#pending = this.#pending.slice(done);
    this.#entries += done;
    if (this.#lines.length >= LINES_AT_ONCE) await this.#flush();
  }

  /** How a volume lies in its object; volumes and entries come in any mixture. */
  volume(volume: IndexedVolume): void {
    this.#lines += indexVolume(volume);
    this.#volumes++;
  }

  /** To be called when all volumes are stored. */
  async finish(): Promise<SealedObject<Spool>> {
    this.#lines += indexEnd(this.#entries, this.#volumes);
    await this.#flush();
    return this.#writer.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.discard();
  }

  async #flush(): Promise<void> {
    const lines = this.#lines;
    this.#lines = "";
    await this.#writer.write(Buffer.from(lines, "latin1"));
  }
}
