import type { PathEntry } from "@doppel/base";
import { sigtarHeader, tarPadding } from "@doppel/format";
import { blockLengthFor, type Rsync, signatureLength } from "@doppel/rsync";
import type { Batcher } from "./batcher.ts";

/** Makes the signature archive's entry of a file from the bytes that are stored (spec 4.3: exactly those). */
export class SignatureMaker {
  readonly #rsync: Rsync;
  readonly #batcher: Batcher;

  constructor(rsync: Rsync, batcher: Batcher) {
    this.#rsync = rsync;
    this.#batcher = batcher;
  }

  /** `file.size` bytes must follow: the length of a signature is known from it, so it streams behind its header. */
  begin(file: PathEntry): { update(bytes: Uint8Array): void; finish(): void } {
    const blockLength = blockLengthFor(file.size);
    const length = signatureLength(file.size, blockLength);
    const builder = this.#rsync.signature({ blockLength });
    const batcher = this.#batcher;
    batcher.appendSignature(sigtarHeader(file, length));
    return {
      update: (bytes) => batcher.appendSignature(builder.update(bytes)),
      finish() {
        batcher.appendSignature(builder.finish());
        const padding = tarPadding(length);
        if (padding > 0) batcher.appendSignature(new Uint8Array(padding));
      },
    };
  }
}
