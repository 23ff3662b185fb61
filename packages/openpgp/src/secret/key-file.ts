import { DoppelError } from "@doppel/base";
import { dearmored } from "../keyring/find.ts";
import { openpgp, type PrivateKey, type Subkey } from "../openpgpjs.ts";
import { asSessionKey, type SessionKey } from "../packets/session-key.ts";
import { splitPackets } from "../packets/split.ts";
import { TAG } from "../packets/tags.ts";
import { fits } from "./fits.ts";
import { CHECK_PASSPHRASE, GIVE_PASSPHRASE, keyNames } from "./passphrase.ts";
import { type SecretKeys, serialised } from "./secret-keys.ts";

type SecretPart = PrivateKey | Subkey;

/**
 * Opens messages with the secret keys of a file (armored or binary), expired and revoked ones included: a backup must stay
 * readable. The passphrase is asked for at most once, when a key that fits a message is locked. `name` is the file's, for
 * messages.
 */
export function secretKeysFromKeyFile(
  armoredOrBinary: Uint8Array,
  passphrase: () => Promise<string | undefined>,
  name?: string,
): SecretKeys {
  let keys: Promise<PrivateKey[]> | undefined;
  let asked: Promise<string | undefined> | undefined;
  const opening = serialised(
    async (packets) => {
      keys ??= readSecretKeys(armoredOrBinary, name);
      const all = (await keys).flatMap((key) => [...key.subkeys, key] as SecretPart[]);
      let tried = false;
      let locked: DoppelError | undefined;
      for (const { tag, body } of splitPackets(packets.bytes)) {
        if (tag !== TAG.pkesk) continue;
        const wanted = Buffer.from(body.subarray(1, 9)).toString("hex");
        const hidden = /^0+$/.test(wanted);
        for (const part of all) {
          if (!hidden && part.getKeyID().toHex() !== wanted) continue;
          if (part.keyPacket.algorithm !== body[9]) continue;
          try {
            if (!part.isDecrypted()) await unlock(part, await (asked ??= passphrase()));
          } catch (error) {
            if (!(error instanceof DoppelError)) throw error;
            locked ??= error; // another key of the file may fit, and open
            continue;
          }
          tried = true;
          const session = await openPkesk(body, part);
          if (session && (await fits(session, packets))) return session;
        }
      }
      if (locked) throw locked;
      const why = tried ? "the key file holds a key for it that does not open it" : "the key file holds no key for it";
      const message = `the backup is encrypted to ${keyNames(packets.recipients)}, but ${why}; name the file of the right one with --secret-key`;
      throw new DoppelError("openpgp.no-secret-key", message, { keyIds: packets.recipients });
    },
    async () => {
      keys = undefined;
      asked = undefined;
    },
  );
  return { ...opening, named: true };
}

/** The secret keys of a file, of all its armored blocks. @throws DoppelError openpgp.key-unusable (not-a-key). */
export async function readSecretKeys(file: Uint8Array, name?: string): Promise<PrivateKey[]> {
  const { readPrivateKeys } = await openpgp();
  try {
    return await readPrivateKeys({ binaryKeys: dearmored(file) });
  } catch (error) {
    const which = name === undefined ? "" : ` ${name}`;
    const message = `the --secret-key file${which} holds no secret OpenPGP key; export one with gpg --export-secret-keys KEY > FILE`;
    throw new DoppelError("openpgp.key-unusable", message, { query: name ?? "key file", reason: "not-a-key" }, error);
  }
}

/**
 * Makes sure that a passphrase opens the secret keys of a file (all but those of which it has only a stub). `name` is the file's.
 * @returns whether one of them needs a passphrase at all
 * @throws DoppelError openpgp.wrong-passphrase, .key-unusable, .no-secret-key for a file of stubs
 */
export async function checkKeyPassphrase(file: Uint8Array, passphrase: string, name: string): Promise<boolean> {
  const parts = (await readSecretKeys(file, name)).flatMap((key) => [key, ...key.subkeys] as SecretPart[]);
  const whole = parts.filter(({ keyPacket }) => !("isDummy" in keyPacket && keyPacket.isDummy()));
  const locked = (whole.length > 0 ? whole : parts).filter((part) => !part.isDecrypted());
  for (const part of locked) await unlock(part, passphrase);
  return locked.length > 0;
}

/** Decrypts the secret part in place. @throws DoppelError openpgp.passphrase-needed, .wrong-passphrase, .no-secret-key. */
export async function unlock(part: SecretPart, passphrase: string | undefined): Promise<void> {
  const keyId = part.getKeyID().toHex().toUpperCase();
  const packet = part.keyPacket;
  if (!("decrypt" in packet)) throw new Error("not a secret key");
  if (packet.isDummy()) {
    const message = `the key file has only a stub of key ${keyId} (the key is on a smartcard or elsewhere); leave --secret-key out to use gpg, or name the complete key file`;
    throw new DoppelError("openpgp.no-secret-key", message, { keyIds: [keyId] });
  }
  if (passphrase === undefined) {
    throw new DoppelError("openpgp.passphrase-needed", `key ${keyId} is locked; ${GIVE_PASSPHRASE}`, {
      what: keyId,
    });
  }
  try {
    await packet.decrypt(passphrase);
  } catch (error) {
    throw new DoppelError(
      "openpgp.wrong-passphrase",
      `the passphrase does not unlock key ${keyId}; ${CHECK_PASSPHRASE}`,
      { what: keyId },
      error,
    );
  }
}

/** Undefined when the key does not open it: hidden recipients mean trying. */
async function openPkesk(body: Uint8Array, part: SecretPart): Promise<SessionKey | undefined> {
  const { PublicKeyEncryptedSessionKeyPacket } = await openpgp();
  const packet = new PublicKeyEncryptedSessionKeyPacket() as unknown as Pkesk;
  try {
    packet.read(body);
    await packet.decrypt(part.keyPacket);
  } catch {
    return undefined;
  }
  return asSessionKey(packet.sessionKeyAlgorithm ?? undefined, packet.sessionKey ?? new Uint8Array(0));
}

/** What of openpgp.js's packet is used here and is private in its types. */
interface Pkesk {
  read(body: Uint8Array): void;
  decrypt(key: unknown): Promise<void>;
  readonly sessionKey: Uint8Array | null;
  readonly sessionKeyAlgorithm: number | null;
}
