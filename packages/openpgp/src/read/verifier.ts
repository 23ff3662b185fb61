import { createHash, type Hash } from "node:crypto";
import { DoppelError } from "@doppel/base";
import { parseCertificates } from "../keyring/certificate.ts";
import { dearmored, findCertificates, type KeySources } from "../keyring/find.ts";
import { type Key, keyPolicy, openpgp, type Subkey } from "../openpgpjs.ts";
import { hashName } from "../packets/algorithms.ts";
import { type OnePass, parseSignature } from "../packets/signature.ts";

/** Demands that messages are signed by a certain key or any of its subkeys. One serves any number of messages. */
export interface Verifier {
  /**
   * Called when the data begins. `onePasses` announce the signatures that follow it. A signature that was made before `since` is none
   * for this message: it was made for another, which was given this one's name.
   */
  begin(onePasses: readonly OnePass[], since?: Date): Verification | Promise<Verification>;
}

/** The signatures of one message on their way. */
export interface Verification {
  /** Only reads `data` during the call. */
  update(data: Uint8Array): void;
  /** `signatures`: bodies of signature packets. @throws DoppelError openpgp.bad-signature unless one of them is good. */
  finish(signatures: readonly Uint8Array[]): Promise<void>;
}

/** A verifier for the key that `query` names, as findRecipient finds it. Same errors. */
export async function findVerifier(query: string, sources: KeySources): Promise<Verifier> {
  const { certificates } = await findCertificates(query, sources);
  return verifierOf(certificates.map((certificate) => certificate.bytes));
}

/** A verifier for public keys in memory, armored or binary; a signature by any of them will do. */
export async function verifierFromKeys(keys: readonly Uint8Array[]): Promise<Verifier> {
  return verifierOf(keys.flatMap((key) => parseCertificates(dearmored(key)).map((certificate) => certificate.bytes)));
}

/** A verifier that is looked for only when something has to be verified. `find` is called once. */
export function verifierWhenNeeded(find: () => Promise<Verifier>): Verifier {
  let found: Promise<Verifier> | undefined;
  return { begin: async (onePasses, since) => (await (found ??= find())).begin(onePasses, since) };
}

async function verifierOf(certificates: readonly Uint8Array[]): Promise<Verifier> {
  const { readKey } = await openpgp();
  const policy = await keyPolicy();
  const signers = new Map<string, { key: Key; part: Key | Subkey }>();
  for (const binaryKey of certificates) {
    const key = await readKey({ binaryKey, config: policy });
    for (const part of key.getKeys()) signers.set(part.getKeyID().toHex().toUpperCase(), { key, part });
  }
  const expected = [...signers.keys()].join(", ");
  return {
    begin(onePasses, since) {
      const hashes = new Map<number, Hash>();
      for (const { hash, type } of onePasses) {
        const name = hashName(hash);
        if (type === BINARY && name !== undefined && !hashes.has(hash)) hashes.set(hash, createHash(name));
      }
      return {
        update(data) {
          for (const hash of hashes.values()) hash.update(data);
        },
        async finish(signatures) {
          if (signatures.length === 0)
            throw badSignature("unsigned", `the backup is not signed, but a signature by ${expected} is required`);
          const others: string[] = [];
          for (const body of signatures) {
            const signature = parseSignature(body);
            const signer = signature && signers.get(signature.keyId);
            if (!signature || !signer) {
              others.push(signature?.keyId ?? "an unknown kind of key");
              continue;
            }
            const hash = hashes.get(signature.hash)?.copy();
            if (!hash || signature.type !== BINARY)
              throw badSignature("unsupported", `the signature by ${signature.keyId} is of a kind that cannot be checked`);
            await check(body, signer, finishHash(hash, signature.hashed), since);
            return;
          }
          throw badSignature(
            "other-key",
            `the backup is signed by ${others.join(", ")}, not by ${expected}; name the key that signed it`,
          );
        },
      };
    },
  };
}

const BINARY = 0;

/** What is hashed after the data (RFC 4880 5.2.4). */
function finishHash(hash: Hash, hashed: Uint8Array): Uint8Array {
  const trailer = Buffer.from([4, 0xff, 0, 0, 0, 0]);
  trailer.writeUInt32BE(hashed.length, 2);
  return hash.update(hashed).update(trailer).digest();
}

async function check(
  body: Uint8Array,
  { key, part }: { key: Key; part: Key | Subkey },
  digest: Uint8Array,
  since: Date | undefined,
): Promise<void> {
  const { SignaturePacket, enums } = await openpgp();
  const policy = await keyPolicy();
  const packet = new SignaturePacket();
  try {
    packet.read(body);
    // All as of the time it was made: a backup stays good when its key expires later. A compromised key counts always.
    if (await key.isRevoked(undefined, undefined, packet.created ?? undefined, policy)) throw new Error("the key was revoked");
    // openpgp.js verifies a digest that is already there, as when it has parsed a stream itself; its types do not show it.
    Object.assign(packet, { hashed: digest });
    await packet.verify(part.keyPacket, enums.signature.binary, new Uint8Array(0), packet.created ?? undefined, true, policy);
    if ("mainKey" in part) await part.verify(packet.created ?? undefined, policy);
    else await key.verifyPrimaryKey(packet.created ?? undefined, undefined, policy);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badSignature(
      "bad",
      `the signature by ${part.getKeyID().toHex().toUpperCase()} does not hold (${why}): the backup was changed, or the key is not valid`,
      error,
    );
  }
  const { created } = packet;
  if (since && (!created || created < since)) {
    const [made, named] = [created?.toISOString() ?? "an unknown time", since.toISOString()];
    throw badSignature("too-old", `it was signed at ${made}, before ${named}: this is something older under a newer name`);
  }
}

function badSignature(reason: string, message: string, cause?: unknown): DoppelError<"openpgp.bad-signature"> {
  return new DoppelError("openpgp.bad-signature", message, { reason }, cause);
}
