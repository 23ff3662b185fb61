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
  /** The chunks come in `slots`, in turn. */
  | { readonly task: "unseal"; readonly file: SealedFile; readonly slots: readonly Uint8Array<SharedArrayBuffer>[] }
  /** While unsealing: {@link CHUNKS_AT_ONCE} more chunks were taken. */
  | { readonly task: "more" };

export type UnsealReply =
  | { readonly kind: "digest"; readonly hex: string }
  /** Plain bytes: so many in the next slot. */
  | { readonly kind: "chunk"; readonly length: number }
  | { readonly kind: "warning"; readonly text: string }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: SerialisedError };

/** Chunks that may be on their way at once: neither side waits for the other, and memory stays small. */
export const CHUNKS_IN_FLIGHT = 4;

/** Shared memory, used again and again: buffers handed over instead are new memory for each chunk, and garbage over there. */
export const CHUNK_BYTES = 1 << 19;

/** A message to a thread that sleeps costs up to 0.4 ms: so not one for every chunk. */
export const CHUNKS_AT_ONCE = 2;
