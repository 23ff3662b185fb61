import { createHash } from "node:crypto";
import { crc32Of, formatCrc32 } from "./crc32.ts";
import { codeOf, statusOf } from "./errors.ts";

/** The headers that go with a body: the SDK sends them as they are, and computes none of its own beside them. */
export type BodySum = { readonly ChecksumCRC32: string } | { readonly ContentMD5: string };

/** How servers that do not know the checksum headers say so; others ignore them. */
const REFUSALS = new Set([
  "NotImplemented",
  "InvalidArgument",
  "InvalidRequest",
  "MalformedHeader",
  "BadRequest",
  "UnknownError",
  "400",
  "501",
]);

/**
 * Which checksum a server takes: CRC-32 of the whole object, which it keeps and tells again with the object, or only the
 * Content-MD5 of each request. Found out with the first request that carries one, and kept.
 */
export class Checksums {
  #mode: "asking" | "crc32" | "md5";

  constructor(wanted: "auto" | "off") {
    this.#mode = wanted === "auto" ? "asking" : "md5";
  }

  /** Whether requests carry CRC-32 now. */
  get full(): boolean {
    return this.#mode !== "md5";
  }

  of(bytes: Uint8Array): BodySum {
    return this.full
      ? { ChecksumCRC32: formatCrc32(crc32Of(bytes)) }
      : { ContentMD5: createHash("md5").update(bytes).digest("base64") };
  }

  /**
   * Does `work`, which sends checksums; when the server refuses them, does it again without.
   * `work` is called anew and asks again what to send. Only a write proves that they are taken.
   */
  async with<T>(work: () => Promise<T>, isWrite = true): Promise<T> {
    const asking = this.#mode === "asking";
    try {
      const result = await work();
      if (isWrite && this.#mode === "asking") this.#mode = "crc32";
      return result;
    } catch (error) {
      if (!asking || !isRefusal(error)) throw error;
      this.#mode = "md5";
      try {
        return await work();
      } catch (second) {
        if (isRefusal(second)) this.#mode = "asking"; // it was something else that it did not like
        throw second;
      }
    }
  }
}

function isRefusal(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  const status = statusOf(cause);
  return (status === 400 || status === 501) && REFUSALS.has(codeOf(cause));
}
