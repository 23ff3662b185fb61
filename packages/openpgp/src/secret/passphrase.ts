import { DoppelError } from "@doppel/base";
import type { SessionKey } from "../packets/session-key.ts";
import { openSkesk, parseSkesk } from "../packets/skesk.ts";
import { splitPackets } from "../packets/split.ts";
import { TAG } from "../packets/tags.ts";
import type { KeyPackets } from "../read/envelope.ts";
import { fits } from "./fits.ts";
import { type SecretKeys, serialised } from "./secret-keys.ts";

/** Opens messages that were encrypted to a passphrase. It is asked for at most once, when the first such message comes. */
export function secretKeysFromPassphrase(passphrase: () => Promise<string | undefined>): SecretKeys {
  let asked: Promise<string | undefined> | undefined;
  return serialised(
    async (packets) => {
      if (!packets.symmetric) {
        throw new DoppelError(
          "openpgp.no-secret-key",
          `the backup is encrypted to ${keyNames(packets.recipients)}, not to a passphrase; ${NAME_KEY_FILE}`,
          { keyIds: packets.recipients },
        );
      }
      asked ??= passphrase();
      const text = await asked;
      if (text === undefined) {
        throw new DoppelError("openpgp.passphrase-needed", `the backup is encrypted with a passphrase; ${GIVE_PASSPHRASE}`, {
          what: "message",
        });
      }
      const session = await openWithPassphrase(packets, text);
      if (session) return session;
      throw new DoppelError("openpgp.wrong-passphrase", `the passphrase does not open the backup; ${CHECK_PASSPHRASE}`, {
        what: "message",
      });
    },
    async () => {
      asked = undefined;
    },
  );
}

/** The session key by one of the message's passphrase packets, or undefined when none fits. @throws DoppelError openpgp.bad-message. */
async function openWithPassphrase(packets: KeyPackets, passphrase: string): Promise<SessionKey | undefined> {
  let unsupported: unknown;
  for (const { tag, body } of splitPackets(packets.bytes)) {
    if (tag !== TAG.skesk) continue;
    try {
      const session = await openSkesk(parseSkesk(body), passphrase);
      if (session && (await fits(session, packets))) return session;
    } catch (error) {
      unsupported ??= error; // another one may be of a kind we know
    }
  }
  if (unsupported !== undefined) throw unsupported;
  return undefined;
}

// What to do next, in words that hold with a terminal and without.
export const GIVE_PASSPHRASE = "set PASSPHRASE, or run it in a terminal and enter it there";
export const CHECK_PASSPHRASE = "check PASSPHRASE, or what was typed";
export const NAME_KEY_FILE = "name the file of the secret key with --secret-key";

/** Key ids as a person is told them. */
export function keyNames(keyIds: readonly string[]): string {
  if (keyIds.length === 0) return "no key";
  const named = keyIds.filter((id) => !/^0+$/.test(id));
  const hidden = keyIds.length - named.length;
  const parts = named.length > 0 ? [`${named.length === 1 ? "key" : "the keys"} ${named.join(", ")}`] : [];
  if (hidden > 0) parts.push(`${hidden} hidden recipient${hidden === 1 ? "" : "s"}`);
  return parts.join(" and ");
}
