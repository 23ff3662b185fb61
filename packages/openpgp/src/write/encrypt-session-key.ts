import { concatBytes } from "@doppel/base";
import type { Recipient } from "../keyring/find.ts";
import { openpgp } from "../openpgpjs.ts";
import { packet } from "../packets/header.ts";
import type { SessionKey } from "../packets/session-key.ts";
import { writeSkesk } from "../packets/skesk.ts";
import { TAG } from "../packets/tags.ts";

/**
 * The packets that go before the encrypted data: one version 3 PKESK for each recipient (key id 0 for hidden ones), one
 * version 4 SKESK for the passphrase. Whatever the keys' preferences say: every gpg can read these.
 * Salt and padding come from the system's generator: openpgp.js takes them from there in any case.
 */
export async function encryptSessionKey(
  session: SessionKey,
  recipients: readonly Recipient[],
  passphrase: string | undefined,
): Promise<Uint8Array> {
  const packets: Uint8Array[] = [];
  for (const recipient of recipients) packets.push(await writePkesk(session, recipient));
  if (passphrase !== undefined) packets.push(writeSkesk(session, passphrase));
  if (packets.length === 0) throw new RangeError("a message needs a recipient or a passphrase");
  return concatBytes(packets);
}

async function writePkesk(session: SessionKey, recipient: Recipient): Promise<Uint8Array> {
  const { PublicKeyEncryptedSessionKeyPacket, PublicSubkeyPacket } = await openpgp();
  const key = new PublicSubkeyPacket() as unknown as { read(body: Uint8Array): Promise<unknown> };
  await key.read(recipient.packet);
  const pkesk = (PublicKeyEncryptedSessionKeyPacket as unknown as PkeskClass).fromObject({
    version: 3,
    encryptionKeyPacket: key,
    anonymousRecipient: recipient.hidden,
    sessionKey: session.key,
    sessionKeyAlgorithm: session.cipher,
  });
  await pkesk.encrypt(key);
  return packet(TAG.pkesk, pkesk.write());
}

/** What of openpgp.js's packet is used here and is private in its types. */
interface PkeskClass {
  fromObject(fields: object): { encrypt(key: unknown): Promise<void>; write(): Uint8Array };
}
