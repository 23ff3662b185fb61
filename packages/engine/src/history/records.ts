import { createHash, type Hash } from "node:crypto";
import { type BytePath, concatBytes } from "@doppel/base";
import { type SigtarItem, SigtarReader } from "@doppel/format";
import type { ListedEntry } from "./entries.ts";
import { SIGNATURE_HEADER } from "./sizes.ts";

/** What one set says about one path. */
export interface SetRecord {
  readonly path: BytePath;
  /** "listed": the manifest names this file, and no more is known of it. */
  readonly kind: "signature" | "snapshot" | "listed" | "deleted";
  /** Only for "signature" and "snapshot"; `size` is 0 when it comes from signatures. From an index it has its `sizeRange`. */
  readonly entry?: ListedEntry;
  /** Only for "signature", and not from an index. */
  readonly signature?: SignatureFacts;
}

/** A signature in small. */
export interface SignatureFacts {
  /** Its first 12 bytes, or fewer when it is no signature. */
  readonly header: Uint8Array;
  /** Bytes. */
  readonly length: number;
  /** Of all its bytes, when asked for: signatures are the same exactly when their digests are. */
  readonly digest?: string;
}

/** A signature archive, as it arrives, as records: an entry becomes one when it has come completely. Holds no signature. */
export class RecordReader {
  readonly #sigtar: SigtarReader;
  readonly #digests: boolean;
  #entry: Extract<SigtarItem, { type: "entry" }> | undefined;
  #signature: SignatureInSmall | undefined;

  /** @param name what is read, for messages */
  constructor(name: string, options: { readonly digests: boolean }) {
    this.#sigtar = new SigtarReader({ name });
    this.#digests = options.digests;
  }

  /** @throws format.bad-tar, format.bad-set */
  update(chunk: Uint8Array): SetRecord[] {
    const records: SetRecord[] = [];
    for (const item of this.#sigtar.update(chunk)) {
      if (item.type === "data") this.#signature?.update(item.bytes);
      else if (item.type === "end") records.push(this.#record());
      else {
        this.#entry = item;
        this.#signature = item.kind === "signature" ? new SignatureInSmall(this.#digests) : undefined;
      }
    }
    return records;
  }

  /** @throws format.bad-tar when it ends too early */
  finish(): void {
    this.#sigtar.finish();
  }

  #record(): SetRecord {
    const { kind, entry } = this.#entry!;
    const { path, size: length } = entry;
    if (kind === "deleted") return { path, kind };
    if (!this.#signature) return { path, kind, entry };
    return { path, kind, entry: { ...entry, size: 0 }, signature: this.#signature.facts(length) };
  }
}

class SignatureInSmall {
  readonly #hash: Hash | undefined;
  #header: Uint8Array = new Uint8Array(0);

  constructor(digest: boolean) {
    if (digest) this.#hash = createHash("sha1");
  }

  update(bytes: Uint8Array): void {
    if (this.#header.length < SIGNATURE_HEADER) {
      // A copy: the chunk that it is part of is not kept.
      this.#header = concatBytes([this.#header, bytes.subarray(0, SIGNATURE_HEADER - this.#header.length)]);
    }
    this.#hash?.update(bytes);
  }

  facts(length: number): SignatureFacts {
    return { header: this.#header, length, ...(this.#hash ? { digest: this.#hash.digest("base64") } : {}) };
  }
}
