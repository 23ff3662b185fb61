import { DoppelError } from "@doppel/base";
import { holdsSecretKey, parseCertificates } from "../keyring/certificate.ts";
import { dearmored } from "../keyring/find.ts";
import { type Key, keyPolicy, openpgp, type OpenPgpModule, type Subkey } from "../openpgpjs.ts";

/** What there is to know about a key without using it. */
export interface KeyFacts {
  /** Of the primary key; 40 (version 4) or 64 hexadecimal digits, upper case. */
  readonly fingerprint: string;
  /** Of its packets: 4, in general. */
  readonly version: number;
  /** As the key has them; they may hold anything, so they go through `displayText` before a person sees them. */
  readonly userIds: readonly string[];
  /** The key that certifies. */
  readonly primary: PartFacts;
  /** Those that may be encrypted to; the primary key too, where it may. */
  readonly encryption: readonly PartFacts[];
  /** The file holds a secret half. */
  readonly secret: boolean;
  /** What is to be said against it; empty when nothing is. */
  readonly weaknesses: readonly Weakness[];
  /** Fingerprints of further public keys in the file, of which nothing else is told. */
  readonly others: readonly string[];
}

/** A primary key or a subkey. */
export interface PartFacts {
  /** Upper case. */
  readonly keyId: string;
  /** As people write it: "RSA 3072", "Curve25519", "DSA 1024". */
  readonly algorithm: string;
  /** Of the modulus or prime; undefined for elliptic curves. */
  readonly bits?: number;
  /** When, as it says itself. */
  readonly created: Date;
  /** Undefined: never. */
  readonly expires?: Date;
  /** By now. */
  readonly expired: boolean;
  /** By now. */
  readonly revoked: boolean;
}

/** `fail`: nothing should be encrypted to it any more; `warn`: good enough for what is stored, not for long. */
export interface Weakness {
  /** How bad. */
  readonly severity: "fail" | "warn";
  /** A sentence without its end. */
  readonly text: string;
}

/**
 * The facts of the first key in `file` (armored or binary, public or secret).
 * @throws DoppelError openpgp.key-unusable (not-a-key); openpgp.bad-message for what are no packets
 */
export async function inspectKey(file: Uint8Array, now: Date): Promise<KeyFacts> {
  const binary = dearmored(file);
  const secret = holdsSecretKey(binary);
  const module = await openpgp();
  const policy = await keyPolicy();
  let key: Key;
  try {
    key = await module.readKey({ binaryKey: binary, config: policy });
  } catch (error) {
    const message = "the file holds no OpenPGP key that can be read; export one with gpg --export KEY > FILE";
    throw new DoppelError("openpgp.key-unusable", message, { query: "key file", reason: "not-a-key" }, error);
  }
  const primary = await factsOf(key, key, now, module);
  const encryption: PartFacts[] = [];
  for (const part of [...key.subkeys, key])
    if (await mayEncrypt(part, key, now, module)) encryption.push(await factsOf(part, key, now, module));
  const fingerprint = key.getFingerprint().toUpperCase();
  const certificates = parseCertificates(binary);
  return {
    fingerprint,
    version: key.keyPacket.version,
    userIds: secret ? key.getUserIDs() : (certificates[0]?.userIds ?? key.getUserIDs()),
    primary,
    encryption,
    secret,
    weaknesses: weaknessesOf(primary, encryption, key, now, module),
    others: [...new Set(certificates.map(({ keys }) => keys[0]!.fingerprint))].filter((other) => other !== fingerprint),
  };
}

async function factsOf(part: Key | Subkey, key: Key, now: Date, module: OpenPgpModule): Promise<PartFacts> {
  const policy = await keyPolicy();
  const { bits, curve } = part.getAlgorithmInfo();
  const expires = await part.getExpirationTime(undefined, policy);
  const until = expires instanceof Date ? expires : undefined;
  const isSubkey = "mainKey" in part;
  const revoked = isSubkey
    ? await part.isRevoked(undefined as never, undefined as never, now, policy).catch(() => part.revocationSignatures.length > 0)
    : await key.isRevoked(undefined, undefined, now, policy);
  return {
    keyId: part.getKeyID().toHex().toUpperCase(),
    algorithm: nameOf(part.keyPacket.algorithm, bits, curve, module),
    ...(bits !== undefined && { bits }),
    created: part.getCreationTime(),
    ...(until !== undefined && { expires: until }),
    expired: until !== undefined && until <= now,
    revoked,
  };
}

/** Flags 4 (communications) and 8 (storage), as for choosing a key; without flags: all that its algorithm can. */
async function mayEncrypt(part: Key | Subkey, key: Key, now: Date, { enums }: OpenPgpModule): Promise<boolean> {
  const { rsaEncryptSign, rsaEncrypt, elgamal, ecdh, x25519, x448 } = enums.publicKey;
  if (![rsaEncryptSign, rsaEncrypt, elgamal, ecdh, x25519, x448].includes(part.keyPacket.algorithm)) return false;
  const newest = (signatures: readonly { readonly created: Date | null; readonly keyFlags: Uint8Array | null }[]) =>
    signatures.toSorted((a, b) => (b.created?.getTime() ?? 0) - (a.created?.getTime() ?? 0))[0];
  if ("mainKey" in part) {
    const flags = newest(part.bindingSignatures)?.keyFlags;
    return flags === null || flags === undefined || (flags[0]! & 0x0c) !== 0;
  }
  const flags = newest(key.users.flatMap(({ selfCertifications }) => selfCertifications))?.keyFlags;
  return flags === null || (flags !== undefined && (flags[0]! & 0x0c) !== 0);
}

function nameOf(algorithm: number, bits: number | undefined, curve: string | undefined, { enums }: OpenPgpModule): string {
  const { rsaEncryptSign, rsaEncrypt, rsaSign, elgamal, dsa } = enums.publicKey;
  if ([rsaEncryptSign, rsaEncrypt, rsaSign].includes(algorithm)) return `RSA ${bits}`;
  if (algorithm === elgamal) return bits === undefined ? "ElGamal" : `ElGamal ${bits}`;
  if (algorithm === dsa) return bits === undefined ? "DSA" : `DSA ${bits}`;
  if (curve !== undefined) return /25519/.test(curve) ? "Curve25519" : curve;
  return enums.read(enums.publicKey, algorithm);
}

/** NIST SP 800-57: RSA of 2048 bits is good until 2030, of 3072 beyond. */
const LEAST_BITS = 2048;
const GOOD_BITS = 3072;

function weaknessesOf(
  primary: PartFacts,
  encryption: readonly PartFacts[],
  key: Key,
  now: Date,
  { enums }: OpenPgpModule,
): Weakness[] {
  const found: Weakness[] = [];
  const usable = encryption.filter(({ expired, revoked }) => !expired && !revoked);
  for (const part of new Set([primary, ...usable].map((part) => JSON.stringify([part.keyId, part.algorithm, part.bits])))) {
    const [keyId, algorithm, bits] = JSON.parse(part) as [string, string, number | null];
    if (/^(?:DSA|ElGamal)/.test(algorithm))
      found.push({ severity: "warn", text: `key ${keyId} is ${algorithm}, which nobody makes any more` });
    if (bits !== null && bits < LEAST_BITS)
      found.push({
        severity: "fail",
        text: `key ${keyId} has ${bits} bits only; ${LEAST_BITS} are the least, ${GOOD_BITS} are good`,
      });
    else if (bits !== null && bits < GOOD_BITS)
      found.push({
        severity: "warn",
        text: `key ${keyId} has ${bits} bits, which are thought good until 2030; ${GOOD_BITS} last longer`,
      });
  }
  const signatures = [
    ...key.users.flatMap(({ selfCertifications }) => newestOf(selfCertifications, now)),
    ...key.subkeys.flatMap(({ bindingSignatures }) => newestOf(bindingSignatures, now)),
  ];
  const old = signatures.find(({ hashAlgorithm }) => hashAlgorithm === enums.hash.sha1 || hashAlgorithm === enums.hash.md5);
  if (old !== undefined) {
    const hash = old.hashAlgorithm === enums.hash.sha1 ? "SHA-1" : "MD5";
    found.push({ severity: "warn", text: `the key certifies itself with ${hash} only, which can be forged` });
  }
  return found;
}

interface Signature {
  readonly created: Date | null;
  readonly hashAlgorithm: number | null;
}

function newestOf(signatures: readonly Signature[], now: Date): readonly Signature[] {
  const past = signatures.filter(({ created }) => created !== null && created <= now);
  return past.toSorted((a, b) => b.created!.getTime() - a.created!.getTime()).slice(0, 1);
}
