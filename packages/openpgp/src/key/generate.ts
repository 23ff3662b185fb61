import { type Config, openpgp, type PrivateKey } from "../openpgpjs.ts";

/** What kind of key; both are version 4, which gpg 2.2 and stock duplicity know. */
export type KeyKind = "rsa3072" | "curve25519";

/** A new key pair, as text. */
export interface GeneratedKey {
  /** 40 hexadecimal digits, upper case. */
  readonly fingerprint: string;
  /** For everybody who stores backups. */
  readonly publicArmored: string;
  /** Locked with the passphrase (AES-256, iterated and salted S2K): `gpg --import` takes it. */
  readonly secretArmored: string;
}

/**
 * A key pair for backups: a primary key that certifies and signs, and a subkey that is encrypted to. It does not expire:
 * a backup has to be readable whenever it is needed, and the monitor would be the only one to notice. Takes about a second
 * for RSA. Randomness is that of the platform's crypto, which openpgp.js does not let anybody replace.
 * @param options  `passphrase` must not be empty: the secret half never exists without one outside this call
 */
export async function generateKey(options: {
  readonly kind: KeyKind;
  readonly userId: string;
  readonly passphrase: string;
  readonly now: Date;
}): Promise<GeneratedKey> {
  const { kind, userId, passphrase, now } = options;
  if (passphrase === "") throw new Error("a secret key without a passphrase is never made");
  const { generateKey: generate, encryptKey, config: defaults, enums } = await openpgp();
  const config: Config = {
    ...defaults,
    v6Keys: false,
    aeadProtect: false, // neither for the secret half nor among the key's features: gpg 2.2 has no AEAD of RFC 9580
    s2kType: enums.s2k.iterated,
    s2kIterationCountByte: 240, // 32 MiB hashed for each try: gpg's own count is about as high
    preferredSymmetricAlgorithm: enums.symmetric.aes256,
    preferredHashAlgorithm: enums.hash.sha256,
    preferredCompressionAlgorithm: enums.compression.zlib,
    nonDeterministicSignaturesViaNotation: false, // a note in every signature, that only openpgp.js understands
    showVersion: false,
    showComment: false,
  };
  const { privateKey } = await generate({
    // curve25519Legacy is EdDSA with a subkey for ECDH, as gpg makes it; the newer form is one that it cannot read.
    ...(kind === "rsa3072" ? { type: "rsa", rsaBits: 3072 } : { type: "ecc", curve: "curve25519Legacy" }),
    userIDs: [{ name: userId }],
    date: now,
    keyExpirationTime: 0,
    format: "object",
    config,
  } as Parameters<typeof generate>[0] & { format: "object" });
  await preferWhatGpgHas(privateKey, now, config);
  const locked = await encryptKey({ privateKey, passphrase, config });
  return {
    fingerprint: locked.getFingerprint().toUpperCase(),
    publicArmored: withNewlines(locked.toPublic().armor(config)),
    secretArmored: withNewlines(locked.armor(config)),
  };
}

/** openpgp.js lists SHA-3 among a key's preferences, whatever it is told, and gpg 2.2 warns of that: certified anew without it. */
async function preferWhatGpgHas(key: PrivateKey, now: Date, config: Config): Promise<void> {
  const { SignaturePacket, enums } = await openpgp();
  const [user] = key.users;
  const made = user!.selfCertifications[0]!;
  const certification = Object.assign(new SignaturePacket(), {
    signatureType: made.signatureType,
    publicKeyAlgorithm: made.publicKeyAlgorithm,
    hashAlgorithm: made.hashAlgorithm,
    keyFlags: made.keyFlags,
    features: made.features,
    isPrimaryUserID: true,
    preferredSymmetricAlgorithms: [enums.symmetric.aes256, enums.symmetric.aes192, enums.symmetric.aes128],
    preferredHashAlgorithms: [enums.hash.sha256, enums.hash.sha512, enums.hash.sha384],
    preferredCompressionAlgorithms: [enums.compression.zlib, enums.compression.zip, enums.compression.uncompressed],
  }) as unknown as Signable & typeof made;
  await certification.sign(key.keyPacket, { userID: user!.userID, key: key.keyPacket }, now, false, config);
  user!.selfCertifications = [certification];
}

/** What openpgp.js has and its types do not. */
interface Signable {
  sign(key: unknown, data: object, date: Date, detached: boolean, config: Config): Promise<void>;
}

/** openpgp.js writes CR LF. */
function withNewlines(armored: string): string {
  return `${armored.replaceAll("\r\n", "\n").trimEnd()}\n`;
}
