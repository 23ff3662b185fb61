import { collectBytes, isDoppelError } from "@doppel/base";
import { describeMessage } from "@doppel/openpgp";
import type { Storage } from "@doppel/storage";
import type { Recipients } from "../state/memory.ts";

/** Session-key packets of seven large RSA keys fit into the first, those of a hundred into the second. */
const HEADS = [4 * 1024, 64 * 1024] as const;

/**
 * Who can open an object, from its first bytes and without a key. "none" when it is no encrypted message.
 * @throws storage.*
 */
export async function recipientsOf(storage: Storage, name: string, signal?: AbortSignal): Promise<Recipients> {
  for (const end of HEADS) {
    const head = await collectBytes(storage.get(name, { start: 0, end }, signal), end);
    try {
      const { recipients, symmetric } = await describeMessage(head);
      return recipients.length === 0 && symmetric ? "passphrase" : [...recipients];
    } catch (error) {
      if (!isDoppelError(error, "openpgp.bad-message")) throw error;
      if (error.data.reason !== "truncated" || head.length < end) return "none";
    }
  }
  return "none";
}
