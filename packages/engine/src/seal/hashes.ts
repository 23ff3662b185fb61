import { createHash } from "node:crypto";
import type { Filled, Sums } from "../workers/hash-protocol.ts";

/** The hashes that a manifest tells of a volume, over bytes as they come. */
export class Hashes {
  readonly #sha1 = createHash("sha1");
  readonly #sha256 = createHash("sha256");

  update({ memory, length }: Filled): void {
    const bytes = memory.subarray(0, length);
    this.#sha1.update(bytes);
    this.#sha256.update(bytes);
  }

  sums(): Sums {
    return { sha1: this.#sha1.digest("hex"), sha256: this.#sha256.digest("hex") };
  }
}
