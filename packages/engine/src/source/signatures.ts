import type { PathEntry } from "@doppel/base";
import { sigtarHeader, tarPadding } from "@doppel/format";
import { blockLengthFor, type Rsync, signatureLength } from "@doppel/rsync";
import type { BasisFile } from "../read/basis.ts";
import type { Batcher } from "./batcher.ts";

const TAR_BLOCK = 512;
/** Bytes of a signature that are copied at a time. */
const PART = 1 << 16;
/** A header, and one that carries a long name, whose last block may be partly filled. */
const LONGEST_HEADER = 3 * TAR_BLOCK + "signature/\0".length;

/** Disposed of before its end it leaves nothing behind but half an entry. */
export interface SignatureUnderWay extends Disposable {
  /** `use` is shown what has become ready of it. */
  update(bytes: Uint8Array, use?: (records: Uint8Array) => void): void;
  /** @param size bytes of the file that were given */
  finish(size: number): void;
}

/** Makes the signature archive's entry of a file from the bytes that are stored (spec 4.3: exactly those). */
export class SignatureMaker {
  readonly #rsync: Rsync;
  readonly #batcher: Batcher;
  readonly #maxBlockBytes: number;
  readonly #openSpool: () => BasisFile;

  /** @param openSpool where signatures wait whose length is not known yet */
  constructor(rsync: Rsync, batcher: Batcher, maxBlockBytes: number, openSpool: () => BasisFile) {
    this.#openSpool = openSpool;
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

  /** `file.size` bytes must follow: the length of a signature is known from it, so it streams behind its header. */
  begin(file: PathEntry): SignatureUnderWay {
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
      [Symbol.dispose]() {},
    };
  }

  /**
   * The same for a file whose size is known when it has ended, and is `atLeast` so many bytes: that decides the length of its blocks, which
   * from 4 MiB on are stock's largest. It waits in a spool, because its length stands before it.
   */
  beginUnsized(file: PathEntry, atLeast: number): SignatureUnderWay {
    const blockLength = blockLengthFor(atLeast, this.#maxBlockBytes);
    const builder = this.#rsync.signature({ blockLength });
    const batcher = this.#batcher;
    const spool = this.#openSpool();
    return {
      update(bytes, use) {
        const records = builder.update(bytes);
        use?.(records);
        spool.append(records);
      },
      finish(size) {
        spool.append(builder.finish());
        batcher.appendSignature(sigtarHeader({ ...file, size }, spool.size));
        for (let at = 0; at < spool.size; at += PART) batcher.appendSignature(spool.read(at, Math.min(PART, spool.size - at)));
        const padding = tarPadding(spool.size);
        if (padding > 0) batcher.appendSignature(new Uint8Array(padding));
        spool[Symbol.dispose]();
      },
      [Symbol.dispose]: () => spool[Symbol.dispose](),
    };
  }
}
