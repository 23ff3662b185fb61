import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { deflateRawSync } from "node:zlib";

/*
 * OpenPGP messages by hand (RFC 4880), as whoever knows a public key, or here the passphrase, can make them.
 */

export const TAG = { pkesk: 1, signature: 2, skesk: 3, onePass: 4, compressed: 8, marker: 10, literal: 11, seipd: 18 } as const;

/** A packet with a definite length of five bytes. */
export function packet(tag: number, body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([Buffer.of(0xc0 | tag, 0xff), length, body]);
}

export function literal(data: Uint8Array): Buffer {
  return packet(TAG.literal, Buffer.concat([Buffer.of(0x62, 0, 0, 0, 0, 0), data]));
}

/** ZIP, in a packet that lasts as long as what contains it. */
export function compressed(packets: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0xa3, 1), deflateRawSync(packets)]);
}

/** A passphrase packet whose key is SHA-256 of salt and passphrase, iterated as `count` says; it opens nothing if `other`. */
function passphrasePacket(passphrase: string, count: number, sessionKey: Buffer, other: boolean): Buffer {
  const salt = randomBytes(8);
  const unit = Buffer.concat([salt, Buffer.from(passphrase)]);
  const total = (16 + (count & 15)) * 2 ** ((count >> 4) + 6);
  const hashed = other ? Buffer.alloc(1) : Buffer.alloc(Math.max(total, unit.length), unit);
  const cipher = createCipheriv("aes-256-cfb", createHash("sha256").update(hashed).digest(), Buffer.alloc(16));
  const esk = cipher.update(Buffer.concat([Buffer.of(9), sessionKey]));
  return packet(TAG.skesk, Buffer.concat([Buffer.of(4, 9, 3, 8), salt, Buffer.of(count), esk]));
}

export interface Sealing {
  readonly passphrase: string;
  /** Passphrase packets before the right one that open nothing, and each take the longest time. */
  readonly decoys?: number;
  /** How the encrypted packet is framed. */
  readonly frame?: (body: Buffer) => Buffer;
}

/** `packets`, encrypted with integrity protection. */
export function sealed(
  packets: Uint8Array,
  { passphrase, decoys = 0, frame = (body) => packet(TAG.seipd, body) }: Sealing,
): Buffer {
  const key = randomBytes(32);
  const cipher = createCipheriv("aes-256-cfb", key, Buffer.alloc(16));
  const random = randomBytes(16);
  const plain = Buffer.concat([random, random.subarray(14), packets, Buffer.of(0xd3, 0x14)]);
  const body = Buffer.concat([Buffer.of(1), cipher.update(Buffer.concat([plain, createHash("sha1").update(plain).digest()]))]);
  const wrong = Array.from({ length: decoys }, () => passphrasePacket(passphrase, 0xff, key, true));
  return Buffer.concat([...wrong, passphrasePacket(passphrase, 0x60, key, false), frame(body)]);
}
