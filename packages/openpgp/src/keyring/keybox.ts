import { uint32 } from "../packets/header.ts";

const HEADER_BLOB = 1;
const OPENPGP_BLOB = 2;
const MAGIC = "KBXf";

/** What a keybox holds. */
export interface Keybox {
  /** The OpenPGP keys, each as its packets (views). */
  readonly keys: readonly Uint8Array[];
  /** Something in it does not make sense and was passed over: a damaged entry must not hide the others. */
  readonly damaged: boolean;
}

/** Reads gpg's keybox (pubring.kbx) without its deleted and X.509 entries. Layout: GnuPG, kbx/keybox-blob.c. */
export function parseKeybox(bytes: Uint8Array): Keybox {
  const keys: Uint8Array[] = [];
  let damaged = bytes.length > 0 && !isHeader(bytes);
  let at = 0;
  while (at + 5 <= bytes.length) {
    const length = uint32(bytes, at);
    if (length < 5 || at + length > bytes.length) break;
    const blob = bytes.subarray(at, at + length);
    if (blob[4] === OPENPGP_BLOB) {
      const key = keyIn(blob);
      if (key) keys.push(key);
      else damaged = true;
    }
    at += length;
  }
  return { keys, damaged: damaged || at < bytes.length };
}

function isHeader(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && bytes[4] === HEADER_BLOB && Buffer.from(bytes.subarray(8, 12)).toString("latin1") === MAGIC;
}

function keyIn(blob: Uint8Array): Uint8Array | undefined {
  if (blob.length < 16) return undefined;
  const start = uint32(blob, 8);
  const end = start + uint32(blob, 12);
  return end <= blob.length ? blob.subarray(start, end) : undefined;
}
