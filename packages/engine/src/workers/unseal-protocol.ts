import type { Encoding } from "@doppel/format";
import type { SessionKey } from "@doppel/openpgp";
import type { SerialisedError } from "./errors.ts";

/** A sealed object in a file that the conductor keeps open until the answer: threads share descriptors. */
export interface SealedFile {
  readonly fd: number;
  readonly size: number;
  /** The object's name, for messages. */
  readonly name: string;
  readonly encoding: Encoding;
  /** For "gpg": keys and passphrases stay in the main thread. */
  readonly session?: SessionKey;
}

export type UnsealRequest =
  | { readonly task: "digest"; readonly file: SealedFile; readonly algorithm: string }
  | { readonly task: "authenticate"; readonly file: SealedFile }
  | { readonly task: "unseal"; readonly file: SealedFile }
  /** While unsealing: another chunk was taken. */
  | { readonly task: "more" };

export type UnsealReply =
  | { readonly kind: "digest"; readonly hex: string }
  /** Plain bytes; the buffer is handed over. */
  | { readonly kind: "chunk"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "warning"; readonly text: string }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: SerialisedError };

/** Chunks of up to 512 KiB that may be on their way at once: neither side waits for the other, and memory stays small. */
export const CHUNKS_IN_FLIGHT = 4;
