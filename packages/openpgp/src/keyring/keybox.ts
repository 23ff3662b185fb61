import { uint32 } from "../packets/header.ts";

const OPENPGP_BLOB = 2;

/**
 * The OpenPGP keys in gpg's keybox (pubring.kbx), each as its packets (views). Deleted and X.509 entries are left out, and so
 * is what does not make sense: a damaged entry must not hide the others. Layout: GnuPG, kbx/keybox-blob.c.
 */
export function parseKeybox(bytes: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = uint32(bytes, at);
    if (length < 5 || at + length > bytes.length) break;
    const blob = bytes.subarray(at, at + length);
    if (blob[4] === OPENPGP_BLOB && length >= 16) {
      const start = uint32(blob, 8);
      const end = start + uint32(blob, 12);
      if (end <= length) keys.push(blob.subarray(start, end));
    }
    at += length;
  }
  return keys;
}
