import { displayText, DoppelError, type KeyProblem } from "@doppel/base";
import { type Key, keyPolicy, openpgp, type Subkey } from "../openpgpjs.ts";
import type { Certificate } from "./certificate.ts";
import { namesKey } from "./match.ts";

/** The key of a certificate that messages are encrypted to. */
export interface EncryptionKey {
  readonly keyId: string;
  /** Body of its public (sub)key packet. */
  readonly packet: Uint8Array;
  /** When it, or the certificate, expires. */
  readonly expires: Date | undefined;
}

/**
 * The newest valid encryption key of a certificate, as gpg chooses: a subkey, or else the primary key. `exact`: the one
 * whose id or fingerprint ends so, or none.
 * @throws DoppelError openpgp.key-unusable, with the reason why the key, or the most promising subkey, cannot be used.
 */
export async function chooseEncryptionKey(
  certificate: Certificate,
  now: Date,
  query: string,
  exact?: string,
): Promise<EncryptionKey> {
  const [primary] = certificate.keys;
  const refuse = (reason: KeyProblem, why: string, cause?: unknown): DoppelError<"openpgp.key-unusable"> =>
    new DoppelError(
      "openpgp.key-unusable",
      `cannot encrypt to ${describe(certificate, query)}: ${why}`,
      { query, reason },
      cause,
    );
  if (primary?.version !== 4) throw refuse("version", `it is a version ${primary?.version} key, which ${UNREADABLE}`);

  const policy = await keyPolicy();
  const { readKey } = await openpgp();
  let key: Key;
  try {
    key = await readKey({ binaryKey: certificate.bytes, config: policy });
  } catch (error) {
    throw refuse("invalid", `it cannot be parsed (${text(error)}); export it again with gpg --export`, error);
  }
  if (await key.isRevoked(undefined, undefined, now, policy)) throw refuse("revoked", `it was revoked; ${OTHER_KEY}`);
  const primaryExpires = await key.getExpirationTime(undefined, policy);
  if (primaryExpires instanceof Date && primaryExpires <= now) {
    throw refuse("expired", `it expired on ${day(primaryExpires)}; extend it with gpg --quick-set-expire, or ${OTHER_KEY}`);
  }
  try {
    await key.verifyPrimaryKey(now, undefined, policy);
  } catch (error) {
    throw refuse("invalid", `its own signatures do not hold (${text(error)}); ${OTHER_KEY}`, error);
  }

  const problems: DoppelError<"openpgp.key-unusable">[] = [];
  const subkeys = key.subkeys.toSorted((a, b) => b.getCreationTime().getTime() - a.getCreationTime().getTime());
  for (const candidate of [...subkeys, key]) {
    if (exact !== undefined && !namesKey(exact, nameOf(candidate))) continue;
    const verdict = await judge(candidate, key, now);
    if ("packet" in verdict) return { ...verdict, expires: earlier(primaryExpires, verdict.expires) };
    if (verdict.problem !== "cannot-encrypt") problems.push(refuse(verdict.problem, verdict.why));
  }
  // The newest subkey that was meant for encryption tells most about what went wrong.
  if (problems[0]) throw problems[0];
  const what = exact === undefined ? "it has no encryption key" : `${exact} is not an encryption key of it`;
  throw refuse("cannot-encrypt", `${what}; add one with gpg --quick-add-key FINGERPRINT rsa3072 encrypt, or ${OTHER_KEY}`);
}

const UNREADABLE =
  "gpg 2.2 and stock duplicity could not use to read the backup; make one with gpg --quick-generate-key NAME rsa3072";
const OTHER_KEY = "name another key";

type Verdict = EncryptionKey | { readonly problem: KeyProblem; readonly why: string };

async function judge(candidate: Key | Subkey, key: Key, now: Date): Promise<Verdict> {
  const policy = await keyPolicy();
  const { enums } = await openpgp();
  const { algorithm } = candidate.keyPacket;
  const { keyId } = nameOf(candidate);
  if (algorithm === enums.publicKey.x25519 || algorithm === enums.publicKey.x448) {
    return { problem: "version", why: `its subkey ${keyId} is X25519 or X448 in the form of RFC 9580, which ${UNREADABLE}` };
  }
  const { rsaEncryptSign, rsaEncrypt, elgamal, ecdh } = enums.publicKey;
  if (![rsaEncryptSign, rsaEncrypt, elgamal, ecdh].includes(algorithm)) return NOT_FOR_ENCRYPTION;

  let flags: Uint8Array | null;
  let expires: Date | undefined;
  if ("mainKey" in candidate) {
    // Flags first: an expired signing subkey is not what prevents encryption.
    const bindings = candidate.bindingSignatures.toSorted((a, b) => (b.created?.getTime() ?? 0) - (a.created?.getTime() ?? 0));
    flags = bindings[0]?.keyFlags ?? null;
    if (!mayEncrypt(flags)) return NOT_FOR_ENCRYPTION;
    const until = await candidate.getExpirationTime(undefined, policy);
    expires = until instanceof Date ? until : undefined;
    try {
      await candidate.verify(now, policy);
    } catch (error) {
      if (candidate.revocationSignatures.length > 0 && /revoked/i.test(text(error))) {
        return { problem: "revoked", why: `its encryption subkey ${keyId} was revoked; ${OTHER_KEY}` };
      }
      if (expires && expires <= now) {
        const extend = "extend it with gpg --quick-set-expire FINGERPRINT 2y '*'";
        return {
          problem: "expired",
          why: `its encryption subkey ${keyId} expired on ${day(expires)}; ${extend}, or ${OTHER_KEY}`,
        };
      }
      return { problem: "invalid", why: `its encryption subkey ${keyId} is not valid (${text(error)}); ${OTHER_KEY}` };
    }
  } else {
    flags = (await key.getPrimaryUser(now, undefined, policy)).selfCertification.keyFlags;
    if (!mayEncrypt(flags)) return NOT_FOR_ENCRYPTION;
  }
  return { keyId, packet: candidate.keyPacket.write(), expires };
}

const NOT_FOR_ENCRYPTION: Verdict = { problem: "cannot-encrypt", why: "it is not for encryption" };

/** Key flags 4 (communications) and 8 (storage): gpg takes either. Very old keys have no flags and may do all they can. */
function mayEncrypt(flags: Uint8Array | null): boolean {
  return flags === null || (flags[0]! & 0x0c) !== 0;
}

function nameOf(key: Key | Subkey): { version: number; fingerprint: string; keyId: string } {
  return {
    version: key.keyPacket.version,
    fingerprint: key.getFingerprint().toUpperCase(),
    keyId: key.getKeyID().toHex().toUpperCase(),
  };
}

function describe(certificate: Certificate, query: string): string {
  const fingerprint = certificate.keys[0]!.fingerprint;
  const [userId] = certificate.userIds;
  const name = userId === undefined ? fingerprint : `${fingerprint} (${displayText(userId)})`;
  return name.includes(query) ? `key ${name}` : `"${query}", key ${name}`;
}

function earlier(a: Date | number | null, b: Date | undefined): Date | undefined {
  if (!(a instanceof Date)) return b;
  return b && b < a ? b : a;
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function text(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
}
