import { createHash, createHmac } from "node:crypto";
import type { BytePath } from "@doppel/base";
import {
  indexBlock,
  indexEnd,
  indexEntry,
  indexHead,
  indexKey,
  type IndexedVolume,
  indexSeal,
  indexVolume,
  type ObjectKey,
  SEAL_BYTES,
  type SetId,
  type TarPlace,
} from "@doppel/format";
import type { Sealer } from "../seal/sealer.ts";
import type { SealedObject, SealWriter } from "../seal/seal-writer.ts";
import type { Spool } from "../seal/spool.ts";
import type { EntryMark } from "../workers/protocol.ts";

/**
 * Blocks of entries and pieces of compression have the same size, so that a path costs two or three pieces. Measured on 50,000 entries:
 * pieces of 256 KiB make the index 3 % smaller, and 64 KiB (400 entries) are parsed in 2 ms.
 */
const BLOCK_BYTES = 1 << 16;
const SHA256_BYTES = 32;
/** Of the literal data packet's body before the data (RFC 4880 5.9). */
const LITERAL_HEAD = 6;

/** An entry whose line is not complete: pieces or its digest are still to come. */
interface Pending {
  readonly path: BytePath;
  /** Of a stream only with its last piece. */
  attributes: string;
  readonly hasDigest: boolean;
  readonly places: TarPlace[];
}

/**
 * The index of a set as it grows (FORMAT.md, "Index"): a line for each entry as soon as its content has been read; the
 * contents at the end. Sealed like everything else of the set.
 */
export class SetIndex implements AsyncDisposable {
  readonly #set: SetId;
  readonly #writer: SealWriter<Spool>;
  /** In the order of their marks. */
  #pending: Pending[] = [];
  /** Of a block that is not complete. */
  #lines = "";
  #from: BytePath | undefined;
  readonly #blocks: string[] = [];
  readonly #volumes: string[] = [];
  readonly #keys: string[] = [];
  #entries = 0;

  private constructor(set: SetId, writer: SealWriter<Spool>) {
    this.#set = set;
    this.#writer = writer;
  }

  static async open(set: SetId, sealer: Sealer): Promise<SetIndex> {
    const writer = await sealer.openIndex(BLOCK_BYTES);
    await writer.write(latin1(indexHead(set)));
    return new SetIndex(set, writer);
  }

  /** Where the tar entry of `mark` begins. */
  place({ path, attributes = "", type, change, piece = 1 }: EntryMark, place: TarPlace): void {
    const begun = piece > 1 ? this.#pending.at(-1) : undefined;
    if (begun) {
      begun.places.push(place);
      begun.attributes ||= attributes;
    } else this.#pending.push({ path, attributes, hasDigest: type === "file" && change !== "deleted", places: [place] });
  }

  /** The digests of a batch, after its marks have been placed. */
  async digests(digests: Uint8Array): Promise<void> {
    let at = 0;
    let done = 0;
    for (const { path, attributes, hasDigest, places } of this.#pending) {
      if (hasDigest && at === digests.length) break;
      const sha256 = hasDigest ? digests.subarray(at, (at += SHA256_BYTES)) : undefined;
      this.#from ??= path;
      this.#lines += indexEntry(attributes, sha256, places);
      done++;
      if (this.#lines.length >= BLOCK_BYTES) await this.#endBlock();
    }
    this.#pending = this.#pending.slice(done);
    this.#entries += done;
  }

  /** How a volume lies in its object. */
  volume(volume: IndexedVolume): void {
    this.#volumes.push(indexVolume(volume));
  }

  /** What opens an object of the set that is no volume, if it is encrypted. */
  key(object: ObjectKey["object"], { layout }: SealedObject<Spool>["pieces"]): void {
    if (layout.encoding === "gpg") this.#keys.push(indexKey({ object, cipher: layout.cipher, sessionKey: layout.sessionKey }));
  }

  /** To be called when all else of the set is stored. */
  async finish(): Promise<SealedObject<Spool>> {
    await this.#endBlock();
    const { tarBytes: contents, pieceBytes, pieces, layout } = await this.#writer.completePieces();
    const gpg = layout.encoding === "gpg" ? layout : undefined;
    const end = {
      set: this.#set,
      entries: this.#entries,
      volumes: this.#volumes.length,
      blocks: this.#blocks.length,
      contents,
      pieceBytes,
      pieces,
      headerBytes: layout.encoding === "gzip" ? layout.headerBytes : 0,
      literalStart: gpg?.literalStart ?? 0,
      literalBits: gpg?.literalBits ?? 0,
      compressed: gpg?.compressed ?? layout.encoding === "gzip",
    };
    const lines = [...this.#volumes, ...this.#keys, ...this.#blocks].join("");
    const endBytes = indexEnd({ ...end, bytes: 0 }).length + SEAL_BYTES;
    const spaces = gpg ? " ".repeat(spacesBefore(contents + lines.length, endBytes, gpg.literalBits)) : "";
    const bytes = contents + lines.length + spaces.length + endBytes;
    const sealed = latin1(lines + spaces + indexEnd({ ...end, bytes }));
    const mac = createHmac("sha256", gpg?.sessionKey ?? "")
      .update(sealed)
      .digest();
    await this.#writer.write(Buffer.concat([sealed, latin1(indexSeal(mac))]));
    return this.#writer.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.discard();
  }

  async #endBlock(): Promise<void> {
    if (this.#from === undefined) return;
    const bytes = latin1(this.#lines);
    const sha256 = createHash("sha256").update(bytes).digest("base64url");
    this.#blocks.push(indexBlock({ offset: this.#writer.plainBytes, from: this.#from, sha256 }));
    [this.#lines, this.#from] = ["", undefined];
    await this.#writer.write(bytes);
  }
}

/** How many to put before the last line so that it is found in one part of the literal data packet, without a header amidst. */
function spacesBefore(plain: number, lineBytes: number, literalBits: number): number {
  const part = 2 ** literalBits;
  const room = part - ((LITERAL_HEAD + plain) % part);
  return room < lineBytes ? room : 0;
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
