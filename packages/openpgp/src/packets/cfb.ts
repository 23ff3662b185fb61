import { createDecipheriv } from "node:crypto";
import { openpgp } from "../openpgpjs.ts";
import { cipherInfo } from "./algorithms.ts";
import { badMessage } from "./fault.ts";
import type { SessionKey } from "./session-key.ts";
import { TAG } from "./tags.ts";

/** Deciphers CFB (RFC 4880 13.9 without resynchronisation) piece by piece. May withhold part of a block until `finish`. */
export interface CfbDecipher {
  update(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  finish(): Uint8Array | Promise<Uint8Array>;
}

const NOTHING = new Uint8Array(0);

/** `iv` has the length of one block. @throws DoppelError openpgp.bad-message (unsupported) for a cipher nobody here knows. */
export async function cfbDecipher(session: SessionKey, iv: Uint8Array): Promise<CfbDecipher> {
  const info = cipherInfo(session.cipher);
  if (!info) throw badMessage("unsupported", `uses cipher ${session.cipher}, which is not supported: decrypt it with gpg`);
  if (info.node === undefined) return legacyCfb(session, info.blockSize, iv);
  const decipher = createDecipheriv(info.node, session.key, iv);
  return { update: (bytes) => decipher.update(bytes), finish: () => NOTHING };
}

/**
 * CAST5, Blowfish and Twofish are not in Node's OpenSSL, and openpgp.js has them only inside whole packets. So each piece
 * is made into one: a Symmetrically Encrypted Data packet of a literal whose header fills one block exactly. That header
 * is encrypted once; CFB lets anything follow it. One sacrificial block (the ciphertext before the piece) then puts the
 * cipher into the state in which the piece continues, and comes out as garbage in front.
 */
async function legacyCfb(session: SessionKey, blockSize: number, iv: Uint8Array): Promise<CfbDecipher> {
  const { SymmetricallyEncryptedDataPacket } = await openpgp();
  // An old-format header of indeterminate length: the same bytes for a piece of any size.
  const name = blockSize - 7;
  const literalHeader = Uint8Array.of(0x80 | (TAG.literal << 2) | 3, 0x62, name, ...new Uint8Array(name + 4));
  const make = (): EncryptedPacket => new SymmetricallyEncryptedDataPacket() as unknown as EncryptedPacket;
  const first = make();
  first.packets = { write: () => literalHeader };
  await first.encrypt(session.cipher, session.key);
  const opening = first.encrypted;

  let before = iv;
  let rest: Uint8Array = NOTHING;
  const decipher = async (bytes: Uint8Array): Promise<Uint8Array> => {
    if (bytes.length === 0) return NOTHING;
    const piece = make();
    piece.encrypted = Buffer.concat([opening, before, bytes]);
    const { config } = await openpgp();
    await piece.decrypt(session.cipher, session.key, { ...config, allowUnauthenticatedMessages: true });
    return piece.packets[0]!.getBytes().subarray(blockSize);
  };
  return {
    async update(bytes) {
      const all = Buffer.concat([rest, bytes]);
      const whole = all.length - (all.length % blockSize);
      rest = all.subarray(whole);
      const plain = await decipher(all.subarray(0, whole));
      if (whole > 0) before = all.subarray(whole - blockSize, whole);
      return plain;
    },
    finish: () => decipher(rest),
  };
}

/** What of openpgp.js's packet is used here and is private in its types. */
interface EncryptedPacket {
  encrypted: Uint8Array;
  packets: { write(): Uint8Array; readonly [index: number]: { getBytes(): Uint8Array } };
  encrypt(cipher: number, key: Uint8Array): Promise<void>;
  decrypt(cipher: number, key: Uint8Array, config: unknown): Promise<void>;
}
