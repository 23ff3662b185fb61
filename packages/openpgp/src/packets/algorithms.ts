/** A symmetric cipher (RFC 4880 9.2). `node` is OpenSSL's name; without it openpgp.js does the work. Sizes in bytes. */
export interface CipherInfo {
  readonly id: number;
  readonly name: string;
  readonly node?: string;
  /** OpenSSL's name of the bare cipher, where the processor does many blocks at once. */
  readonly nodeEcb?: string;
  readonly keySize: number;
  readonly blockSize: 8 | 16;
}

const CIPHERS: readonly CipherInfo[] = [
  { id: 2, name: "3DES", node: "des-ede3-cfb", keySize: 24, blockSize: 8 },
  { id: 3, name: "CAST5", keySize: 16, blockSize: 8 },
  { id: 4, name: "Blowfish", keySize: 16, blockSize: 8 },
  { id: 7, name: "AES-128", node: "aes-128-cfb", nodeEcb: "aes-128-ecb", keySize: 16, blockSize: 16 },
  { id: 8, name: "AES-192", node: "aes-192-cfb", nodeEcb: "aes-192-ecb", keySize: 24, blockSize: 16 },
  { id: 9, name: "AES-256", node: "aes-256-cfb", nodeEcb: "aes-256-ecb", keySize: 32, blockSize: 16 },
  { id: 10, name: "Twofish", keySize: 32, blockSize: 16 },
  { id: 11, name: "Camellia-128", node: "camellia-128-cfb", keySize: 16, blockSize: 16 },
  { id: 12, name: "Camellia-192", node: "camellia-192-cfb", keySize: 24, blockSize: 16 },
  { id: 13, name: "Camellia-256", node: "camellia-256-cfb", keySize: 32, blockSize: 16 },
];

/** The cipher with this OpenPGP id, or undefined when we cannot use it (IDEA and what is unknown). */
export function cipherInfo(id: number): CipherInfo | undefined {
  return CIPHERS.find((cipher) => cipher.id === id);
}

/** What we write: every gpg since 1.0.7 reads it. */
export const AES_256 = 9;

/** Node's names of the hash algorithms (RFC 4880 9.4). */
const HASHES: Readonly<Record<number, string>> = {
  1: "md5",
  2: "sha1",
  3: "ripemd160",
  8: "sha256",
  9: "sha384",
  10: "sha512",
  11: "sha224",
};

/** Node's name of an OpenPGP hash algorithm, or undefined when unknown. */
export function hashName(id: number): string | undefined {
  return HASHES[id];
}
