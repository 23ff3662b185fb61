import { randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { type ByteStream, concatBytes } from "@doppel/base";
import type { Recipient } from "./keyring/find.ts";
import { COMPRESSED_ZIP_HEADER, LiteralFramer } from "./packets/literal.ts";
import { SeipdEncoder } from "./packets/seipd.ts";
import { newSessionKey } from "./packets/session-key.ts";
import { decryptMessage, type ReadOptions } from "./read/decrypt-message.ts";
import { secretKeysFromPassphrase } from "./secret/passphrase.ts";
import type { SecretKeys } from "./secret/secret-keys.ts";
import type { Signer } from "./sign/signer.ts";
import { encryptSessionKey } from "./write/encrypt-session-key.ts";

// For tests only: whole messages in memory, put together as the engine does it in a stream.

export const random = { bytes: (n: number): Uint8Array => randomBytes(n) };

/** Half compressible, half not. */
export function sampleData(size: number): Buffer {
  return Buffer.concat([Buffer.alloc(size >> 1, "doppel "), randomBytes(size - (size >> 1))]);
}

export interface Sealing {
  readonly recipients?: readonly Recipient[];
  readonly passphrase?: string;
  readonly signer?: Signer;
  readonly compress?: boolean;
}

/** What is emitted, as one array: chunks are only valid during the call. */
export function emitted(...steps: readonly ((emit: (bytes: Uint8Array) => void) => void)[]): Buffer {
  const chunks: Uint8Array[] = [];
  for (const step of steps) step((bytes) => chunks.push(new Uint8Array(bytes)));
  return Buffer.concat(chunks);
}

/** A message as doppel writes it. */
export async function seal(data: Uint8Array, { recipients = [], passphrase, signer, compress = true }: Sealing): Promise<Buffer> {
  const framer = new LiteralFramer();
  const signature = signer?.begin();
  await signature?.update(data);
  const packets = [
    ...(signer ? [signer.onePass()] : []),
    emitted(
      (emit) => framer.update(data, emit),
      (emit) => framer.finish(emit),
    ),
    ...(signature ? [await signature.finish()] : []),
  ];
  const plain = concatBytes(packets);
  return sealPackets(compress ? concatBytes([COMPRESSED_ZIP_HEADER, deflateRawSync(plain)]) : plain, {
    recipients,
    ...(passphrase === undefined ? {} : { passphrase }),
  });
}

/** Any packets, encrypted. */
export async function sealPackets(packets: Uint8Array, { recipients = [], passphrase }: Sealing): Promise<Buffer> {
  const session = newSessionKey(random);
  const encoder = new SeipdEncoder(session, random);
  return Buffer.concat([
    await encryptSessionKey(session, recipients, passphrase),
    emitted(
      (emit) => encoder.update(packets, emit),
      (emit) => encoder.finish(emit),
    ),
  ]);
}

/** `bytes` in chunks of `size`. */
export async function* chunked(bytes: Uint8Array, size = 64 * 1024): ByteStream & AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The data of a message in memory. */
export async function open(
  sealed: Uint8Array,
  keys: SecretKeys | string,
  options?: ReadOptions,
  chunkSize?: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const secret = typeof keys === "string" ? secretKeysFromPassphrase(async () => keys) : keys;
  for await (const chunk of decryptMessage(chunked(sealed, chunkSize), secret, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a promise was rejected with. @throws Error when it was not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`did not fail, but gave ${String(result).slice(0, 100)}`);
}
