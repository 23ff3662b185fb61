import { isDoppelError } from "@doppel/base";
import { badMessage } from "../packets/fault.ts";
import { TAG } from "../packets/tags.ts";
import { binaryPackets } from "./armored.ts";
import { KeyPacketCollector } from "./envelope.ts";
import { PacketReader } from "./packet-reader.ts";

/**
 * Who can open a message, from its first bytes alone and without any key: recipients' key ids ("0000000000000000" when
 * hidden), and whether a passphrase does. `head` should hold all session-key packets (some 600 bytes each, 64 KiB is ample).
 * @throws DoppelError openpgp.bad-message when it is no encrypted message, or `head` ends before the encrypted data.
 */
export async function describeMessage(
  head: Uint8Array,
): Promise<{ readonly recipients: readonly string[]; readonly symmetric: boolean }> {
  const keys = new KeyPacketCollector();
  const packets = new PacketReader(binaryPackets(once(head)));
  try {
    for (let next = await packets.next(); next; next = await packets.next()) {
      if (next.tag === TAG.seipd || next.tag === TAG.sed) return { recipients: keys.recipients, symmetric: keys.symmetric };
      await keys.add(next);
    }
  } catch (error) {
    // The head of an armored message ends without its end line, which is no fault here.
    const cut = isDoppelError(error, "openpgp.bad-message") && error.data.reason === "truncated";
    if (!cut) throw error;
  }
  throw badMessage("truncated", "ends within its key packets");
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
