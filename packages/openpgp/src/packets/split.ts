import { badMessage } from "./fault.ts";
import { parseHeader } from "./header.ts";

/** One packet in memory. `body` and `whole` (header and body) are views of the input. */
export interface WholePacket {
  readonly tag: number;
  readonly body: Uint8Array;
  readonly whole: Uint8Array;
}

/**
 * Packets that lie in memory one after another, as keys and session-key packets do.
 * @throws DoppelError openpgp.bad-message when one is cut off or has no definite length.
 */
export function splitPackets(bytes: Uint8Array): WholePacket[] {
  const packets: WholePacket[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = parseHeader(bytes, at);
    if (!header || header.length.partial) throw badMessage("framing", "holds a packet without a definite length");
    const start = at + header.size;
    const end = start + header.length.bytes;
    if (end > bytes.length) throw badMessage("truncated", "ends within a packet");
    packets.push({ tag: header.tag, body: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return packets;
}
