import { cipherInfo } from "../packets/algorithms.ts";
import { cfbDecipher } from "../packets/cfb.ts";
import { prefixRepeats } from "../packets/seipd.ts";
import type { SessionKey } from "../packets/session-key.ts";
import { splitPackets } from "../packets/split.ts";
import { TAG } from "../packets/tags.ts";
import type { KeyPackets } from "../read/envelope.ts";

/**
 * Whether the session key seems to belong to the message: its prefix repeats two bytes (RFC 4880 5.7, 5.13). A wrong key
 * passes once in 65,536 and then fails the integrity check. No oracle for anybody: the files are the user's own, and
 * nobody hears the answer but he.
 */
export async function fits(session: SessionKey, packets: KeyPackets): Promise<boolean> {
  const info = cipherInfo(session.cipher);
  const [encrypted] = splitPackets(packets.firstEncryptedBytes);
  if (!info || !encrypted || info.keySize !== session.key.length) return false;
  const prefix = encrypted.tag === TAG.seipd ? encrypted.body.subarray(1) : encrypted.body;
  const size = info.blockSize + 2;
  if (prefix.length < size) return true; // cut off: not the key's fault, and reported by who reads on
  const decipher = await cfbDecipher(session, new Uint8Array(info.blockSize));
  const plain = Buffer.concat([await decipher.update(prefix.subarray(0, size)), await decipher.finish()]);
  return prefixRepeats(plain, size);
}
