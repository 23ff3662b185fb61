import { createGunzip } from "node:zlib";
import { type ByteStream, DoppelError, isDoppelError, type Payload } from "@doppel/base";
import type { Encoding } from "@doppel/format";
import {
  authenticateMessage,
  decryptMessage,
  readSessionKey,
  type SecretKeys,
  type SessionKey,
  type Verifier,
} from "@doppel/openpgp";
import { through } from "./through.ts";

export interface UnsealOptions {
  readonly name: string;
  readonly encoding: Encoding;
  readonly keys?: SecretKeys;
  readonly verifier?: Verifier;
  /** As ReadOptions.signedSince, for the verifier. */
  readonly signedSince?: Date;
  readonly signal: AbortSignal;
  readonly onWarning: (detail: string) => void;
}

/** Chunks need only be valid until the next is asked for. */
interface Lent {
  readonly lent?: boolean;
}

const NEXT = "fetch the file again, or restore another backup with --time";

const DECOMPRESSED_CHUNK = 1 << 18;

/** The plain bytes of a fetched object. @throws volume.damaged, openpgp.* naming the object */
export async function* unseal(sealed: Payload, options: UnsealOptions & Lent): ByteStream {
  let given = false;
  try {
    for await (const chunk of opened(sealed, options)) {
      given = true;
      yield chunk;
    }
  } catch (error) {
    throw named(error, options.name, given);
  }
}

function opened(sealed: Payload, options: UnsealOptions & Lent): ByteStream {
  const { encoding, signal, verifier, signedSince, onWarning, lent = false } = options;
  refuseUnsigned(options);
  switch (encoding) {
    case "gpg":
      return decryptMessage(sealed.open(signal), keysOf(options), {
        signal,
        onWarning,
        lent,
        ...(verifier ? { verifier } : {}),
        ...(signedSince && { signedSince }),
      });
    case "gzip":
      return gunzip(sealed, signal);
    case "plain":
      return sealed.open(signal);
  }
}

/**
 * Reads a fetched object once without releasing anything, so that nothing is written from one whose checksum at its very
 * end (MDC, CRC, signature) turns out wrong.
 */
export async function authenticate(sealed: Payload, options: UnsealOptions): Promise<void> {
  try {
    const { encoding, signal, verifier } = options;
    refuseUnsigned(options);
    if (encoding === "gpg" && verifier) for await (const _ of opened(sealed, { ...options, lent: true }));
    else if (encoding === "gpg") await authenticateMessage(sealed.open(signal), keysOf(options), { signal });
    else if (encoding === "gzip") for await (const _ of gunzip(sealed, signal));
  } catch (error) {
    throw named(error, options.name);
  }
}

/** The session key of an encrypted object. @throws volume.damaged, openpgp.* naming it */
export async function readSessionKeyOf(sealed: Payload, options: UnsealOptions): Promise<SessionKey> {
  const { signal } = options;
  try {
    return await readSessionKey(sealed.open(signal), keysOf(options), signal);
  } catch (error) {
    throw named(error, options.name);
  }
}

/** What is not encrypted has no place for a signature. @throws openpgp.bad-signature */
function refuseUnsigned({ encoding, verifier }: UnsealOptions): void {
  if (!verifier || encoding === "gpg") return;
  const message = "it is not encrypted, so it cannot be signed, and a signature is required";
  throw new DoppelError("openpgp.bad-signature", message, { reason: "unsigned" });
}

function keysOf({ keys }: UnsealOptions): SecretKeys {
  if (keys) return keys;
  throw new DoppelError("openpgp.no-secret-key", "it is encrypted; run again without --no-encryption", { keyIds: [] });
}

/** Any valid gzip (several members, zeros behind the last); other trailing bytes are an error (spec 3.1, 6.4). */
async function* gunzip(sealed: Payload, signal: AbortSignal): ByteStream {
  const inflater = createGunzip({ chunkSize: DECOMPRESSED_CHUNK });
  yield* through(sealed.open(signal), inflater);
  await onlyZerosAfter(sealed, inflater.bytesWritten, signal);
}

/** zlib stops silently at bytes that are no gzip member. */
async function onlyZerosAfter(sealed: Payload, consumed: number, signal: AbortSignal): Promise<void> {
  let at = 0;
  for await (const chunk of sealed.open(signal)) {
    const from = Math.max(0, consumed - at);
    at += chunk.length;
    if (from < chunk.length && chunk.subarray(from).some((byte) => byte !== 0)) throw new Error("foreign bytes after the end");
  }
}

/** @param given bytes of it were handed out: a whole message may hold nonsense behind them */
function named(error: unknown, name: string, given = false): unknown {
  const what = given ? "is damaged, and nothing behind this place was used" : "cannot be used, and nothing of it was";
  if (isDoppelError(error, "openpgp.bad-message")) {
    const message = `${name} ${what}: ${error.message}`;
    return new DoppelError("volume.damaged", message, { name, reason: error.data.reason }, error);
  }
  if (error instanceof DoppelError) {
    // The key's problem is the same for every object: the name tells where it was met.
    if (error.code.startsWith("openpgp.")) return new DoppelError(error.code, `${name}: ${error.message}`, error.data, error);
    return error;
  }
  if (error instanceof Error && (error.name === "AbortError" || !isZlibError(error))) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new DoppelError("volume.damaged", `${name} ${what}: ${reason}; ${NEXT}`, { name, reason }, error);
}

function isZlibError(error: Error): boolean {
  return error.message === "foreign bytes after the end" || ("code" in error && String(error.code).startsWith("Z_"));
}
