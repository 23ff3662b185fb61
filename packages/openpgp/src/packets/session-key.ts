import { AES_256, cipherInfo } from "./algorithms.ts";

/** The key of one message. `cipher` is an OpenPGP algorithm id; `key` has that cipher's length. */
export interface SessionKey {
  /** RFC 4880 9.2. */
  readonly cipher: number;
  /** As long as the cipher wants it. A secret. */
  readonly key: Uint8Array;
}

/** A fresh AES-256 key. */
export function newSessionKey(random: { bytes(n: number): Uint8Array }): SessionKey {
  return { cipher: AES_256, key: random.bytes(32) };
}

/** A session key from what was decrypted, or undefined when cipher and length do not fit together. */
export function asSessionKey(cipher: number | undefined, key: Uint8Array): SessionKey | undefined {
  const info = cipher === undefined ? undefined : cipherInfo(cipher);
  return cipher !== undefined && info?.keySize === key.length ? { cipher, key } : undefined;
}
