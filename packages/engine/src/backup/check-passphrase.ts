import { DoppelError, isDoppelError } from "@doppel/base";
import { authenticateMessage, type KeyPackets, readKeyPackets, secretKeysFromPassphrase } from "@doppel/openpgp";
import type { Envelope } from "../job.ts";
import type { ReadContext } from "../read/context.ts";
import { encodingOf } from "../read/fetch.ts";

/**
 * Makes sure that what is made will open with the passphrase of what it continues: a chain, or a set, with two could be
 * restored by nobody in one run. When the archive directory is complete, nothing else would notice. Only the start of
 * `name`, an object of that, is read, and nothing when either is encrypted otherwise than to a passphrase alone.
 * @throws openpgp.wrong-passphrase, storage.*
 */
export async function checkPassphrase(name: string | undefined, envelope: Envelope, context: ReadContext): Promise<void> {
  if (envelope.kind !== "gpg" || envelope.recipients.length > 0 || envelope.passphrase === undefined) return;
  if (name === undefined || encodingOf(name) !== "gpg") return;
  const { storage } = context.deps;
  const { signal } = context.runtime;
  const keys = secretKeysFromPassphrase(async () => envelope.passphrase);
  const known = new Error("known: the rest need not be read");
  try {
    await authenticateMessage(
      storage.get(name, undefined, signal),
      {
        sessionKey: async (packets) => {
          if (packets.recipients.length === 0) await keys.sessionKey(packets, signal);
          throw known;
        },
        close: async () => {},
      },
      { signal },
    );
  } catch (error) {
    if (isDoppelError(error, "openpgp.wrong-passphrase")) {
      const message = `${name}: ${error.message}. With another passphrase than the chain has, nobody could restore both: give that of the chain, or begin a new chain with doppel full`;
      throw new DoppelError("openpgp.wrong-passphrase", message, error.data, error);
    }
    // A message that cannot be read at all is not about the passphrase.
    if (error !== known && !isDoppelError(error, "openpgp.bad-message")) throw error;
  } finally {
    await keys.close();
  }
}

/** To which keys an encrypted object is; undefined when it is no message. Only its start is read. @throws storage.* */
export async function keysOfMessage(name: string, { deps, runtime: { signal } }: ReadContext): Promise<KeyPackets | undefined> {
  try {
    return await readKeyPackets(deps.storage.get(name, undefined, signal), signal);
  } catch (error) {
    if (isDoppelError(error, "openpgp.bad-message")) return undefined;
    throw error;
  }
}
