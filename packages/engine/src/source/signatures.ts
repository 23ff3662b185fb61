import type { PathEntry } from "@doppel/base";
import { sigtarHeader, tarPadding } from "@doppel/format";
import { blockLengthFor, type Rsync, signatureLength } from "@doppel/rsync";
import type { Batcher } from "./batcher.ts";

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
