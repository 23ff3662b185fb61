import { createCipheriv } from "node:crypto";
import { AES_256, cipherInfo } from "./algorithms.ts";
import { cfbDecipher } from "./cfb.ts";
import { badMessage } from "./fault.ts";
import { packet } from "./header.ts";
import { deriveKey, parseS2k, type S2k, strongS2k } from "./s2k.ts";
import { asSessionKey, type SessionKey } from "./session-key.ts";
import { TAG } from "./tags.ts";

/** A passphrase's way to the session key (RFC 4880 5.3, version 4). */
export interface Skesk {
  readonly cipher: number;
  readonly s2k: S2k;
  /** Empty when the derived key is itself the session key. */
  readonly encrypted: Uint8Array;
}

/** The packet that lets `passphrase` open the message. */
export function writeSkesk(session: SessionKey, passphrase: string): Uint8Array {
  const s2k = strongS2k();
  const cipher = createCipheriv("aes-256-cfb", deriveKey(s2k, passphrase, 32), new Uint8Array(16));
  const encrypted = cipher.update(Uint8Array.of(session.cipher, ...session.key));
  return packet(TAG.skesk, Uint8Array.of(4, AES_256, ...s2k.bytes, ...encrypted));
}

/** @throws DoppelError openpgp.bad-message when it is not version 4 or uses what we do not know. */
export function parseSkesk(body: Uint8Array): Skesk {
  if (body[0] !== 4)
    throw badMessage("unsupported", `has a passphrase packet of version ${body[0]}; only version 4 is supported`);
  const cipher = body[1];
  if (cipher === undefined || !cipherInfo(cipher))
    throw badMessage("unsupported", `uses cipher ${cipher}, which is not supported`);
  const s2k = parseS2k(body, 2);
  return { cipher, s2k, encrypted: body.subarray(2 + s2k.bytes.length) };
}

/** The session key by this passphrase; undefined when it is certainly wrong. Without encrypted key it always looks right. */
export async function openSkesk(skesk: Skesk, passphrase: string): Promise<SessionKey | undefined> {
  const info = cipherInfo(skesk.cipher)!;
  const key = deriveKey(skesk.s2k, passphrase, info.keySize);
  if (skesk.encrypted.length === 0) return { cipher: skesk.cipher, key };
  const decipher = await cfbDecipher({ cipher: skesk.cipher, key }, new Uint8Array(info.blockSize));
  const plain = Buffer.concat([await decipher.update(skesk.encrypted), await decipher.finish()]);
  return asSessionKey(plain[0], plain.subarray(1));
}
