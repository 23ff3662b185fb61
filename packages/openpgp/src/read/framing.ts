import type { ByteStream } from "@doppel/base";
import { badMessage } from "../packets/fault.ts";
import { TAG } from "../packets/tags.ts";
import { binaryPackets } from "./armored.ts";
import { KeyPacketCollector } from "./envelope.ts";
import { PacketReader } from "./packet-reader.ts";

/** What can be seen of an encrypted message without a key. */
export interface Framing {
  /** Ids of the keys that open it, 16 upper-case hex digits; "0000000000000000" is a hidden recipient. */
  readonly recipients: readonly string[];
  /** Whether a passphrase opens it, too (or alone). */
  readonly symmetric: boolean;
  /** Bytes in the body of the encrypted packet. */
  readonly encryptedBytes: number;
  /** Whether a change to it would be noticed by who has the key. */
  readonly isProtected: boolean;
  /** Bytes behind the end of the message, which readers pass over. */
  readonly trailingBytes: number;
}

/**
 * Reads a message to its end by the lengths of its packets alone: session keys, one encrypted packet, and what follows. Nothing is
 * deciphered, so changed bytes inside the packet are not seen. @throws DoppelError openpgp.bad-message when its packets are not whole
 */
export async function readFraming(sealed: ByteStream): Promise<Framing> {
  const packets = new PacketReader(binaryPackets(sealed));
  const keys = new KeyPacketCollector();
  try {
    for (let next = await packets.next(); next; next = await packets.next()) {
      if (next.tag !== TAG.seipd && next.tag !== TAG.sed) {
        await keys.add(next);
        continue;
      }
      let encryptedBytes = 0;
      for await (const chunk of next.body) encryptedBytes += chunk.length;
      if (encryptedBytes < LEAST[next.tag]!)
        throw badMessage("truncated", "has less encrypted data than any message: it is cut off");
      const { recipients, symmetric } = keys;
      if (recipients.length === 0 && !symmetric)
        throw badMessage("unsupported", "names no key and no passphrase that it could be opened with");
      const trailingBytes = await packets.rest();
      return { recipients, symmetric, encryptedBytes, isProtected: next.tag === TAG.seipd, trailingBytes };
    }
    throw badMessage("truncated", "has no encrypted data: it is cut off");
  } finally {
    await packets.close();
  }
}

/** Prefix of a cipher with blocks of 8 bytes; with integrity protection also version, and MDC packet (RFC 4880 5.7, 5.13). */
const LEAST: Readonly<Record<number, number>> = { [TAG.sed]: 10, [TAG.seipd]: 1 + 10 + 22 };
