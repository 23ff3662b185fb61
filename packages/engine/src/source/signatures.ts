import type { PathEntry } from "@doppel/base";
import { sigtarHeader, tarPadding } from "@doppel/format";
import { blockLengthFor, type Rsync, signatureLength } from "@doppel/rsync";
import type { Batcher } from "./batcher.ts";

const TAR_BLOCK = 512;
/** A header, and one that carries a long name, whose last block may be partly filled. */
const LONGEST_HEADER = 3 * TAR_BLOCK + "signature/\0".length;

/** Makes the signature archive's entry of a file from the bytes that are stored (spec 4.3: exactly those). */
export class SignatureMaker {
  readonly #rsync: Rsync;
  readonly #batcher: Batcher;
  readonly #maxBlockBytes: number;

  constructor(rsync: Rsync, batcher: Batcher, maxBlockBytes: number) {
    this.#maxBlockBytes = maxBlockBytes;
    this.#rsync = rsync;
    this.#batcher = batcher;
  }

  /** Enough bytes for the entry of `file`, should it be stored whole. */
  roomFor({ path, size }: PathEntry): number {
    const length = signatureLength(size, blockLengthFor(size, this.#maxBlockBytes));
    return LONGEST_HEADER + path.length + length + TAR_BLOCK;
  }

  /** The entry of a file whose content is all there, as is the room for it. `file.size` is that of `bytes`. */
  whole(file: PathEntry, bytes: Uint8Array): void {
    const blockLength = blockLengthFor(file.size, this.#maxBlockBytes);
    const length = signatureLength(file.size, blockLength);
    const batcher = this.#batcher;
    batcher.appendSignature(sigtarHeader(file, length));
    const space = batcher.signatureSpace();
    const padded = length + tarPadding(length);
    this.#rsync.writeSignature(bytes, { blockLength }, space);
    space.fill(0, length, padded);
    batcher.commitSignature(padded);
  }

  /**
   * `file.size` bytes must follow: the length of a signature is known from it, so it streams behind its header.
   * `use` is shown what has become ready of it.
   */
  begin(file: PathEntry): { update(bytes: Uint8Array, use?: (records: Uint8Array) => void): void; finish(): void } {
    const blockLength = blockLengthFor(file.size, this.#maxBlockBytes);
    const length = signatureLength(file.size, blockLength);
    const builder = this.#rsync.signature({ blockLength });
    const batcher = this.#batcher;
    batcher.appendSignature(sigtarHeader(file, length));
    return {
      update(bytes, use) {
        const records = builder.update(bytes);
        use?.(records);
        batcher.appendSignature(records);
      },
      finish() {
        batcher.appendSignature(builder.finish());
        const padding = tarPadding(length);
        if (padding > 0) batcher.appendSignature(new Uint8Array(padding));
      },
    };
  }
}
