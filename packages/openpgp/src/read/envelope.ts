import { type ByteStream, concatBytes } from "@doppel/base";
import { badMessage } from "../packets/fault.ts";
import { packet } from "../packets/header.ts";
import { hex } from "../packets/signature.ts";
import { TAG } from "../packets/tags.ts";
import { ByteReader } from "./byte-reader.ts";
import { drain, type PacketReader, type StreamedPacket, smallBody } from "./packet-reader.ts";

/** What a message says about who can open it, with what is needed to try. */
export interface KeyPackets {
  /** The session-key packets as they were read, one after another. */
  readonly bytes: Uint8Array;
  /** Ids of the keys that it is encrypted to, 16 upper-case hex digits; "0000000000000000" is a hidden recipient. */
  readonly recipients: readonly string[];
  /** Whether a passphrase opens it, too (or alone). */
  readonly symmetric: boolean;
  /** The beginning of the encrypted data, as a packet with a definite length of its own: enough to try a session key. */
  readonly firstEncryptedBytes: Uint8Array;
}

export interface Envelope {
  readonly keyPackets: KeyPackets;
  /** TAG.seipd or TAG.sed. */
  readonly tag: number;
  /** The body of the encrypted packet from its beginning. */
  readonly body: ByteStream;
}

/** Enough for gpg to see a packet and for the prefix of any cipher. */
const FIRST_BYTES = 64;
/** All session-key packets together: hundreds of recipients. */
const KEY_PACKETS_LIMIT = 1 << 20;
/** Small ones could be many within that, and each may have to be tried. */
const MOST_RECIPIENTS = 1000;
/** To try a passphrase takes up to 0.2 s. */
const MOST_PASSPHRASES = 16;

/** Reads up to and with the header of the encrypted packet. @throws DoppelError openpgp.bad-message when it is no encrypted message. */
export async function openEnvelope(packets: PacketReader): Promise<Envelope> {
  const keys = new KeyPacketCollector();
  for (let next = await packets.next(); next; next = await packets.next()) {
    if (next.tag === TAG.seipd || next.tag === TAG.sed) return envelopeOf(next, keys);
    await keys.add(next);
  }
  throw badMessage("truncated", "has no encrypted data: it is cut off");
}

/** Collects the packets before the encrypted data. */
export class KeyPacketCollector {
  readonly #packets: Uint8Array[] = [];
  readonly recipients: string[] = [];
  #passphrases = 0;
  #length = 0;

  get symmetric(): boolean {
    return this.#passphrases > 0;
  }

  /** Reads the packet to its end. @throws DoppelError openpgp.bad-message when it does not belong there. */
  async add({ tag, body }: StreamedPacket): Promise<void> {
    switch (tag) {
      case TAG.pkesk:
      case TAG.skesk: {
        const bytes = await smallBody(body);
        this.#length += bytes.length;
        if (this.#length > KEY_PACKETS_LIMIT || this.recipients.length === MOST_RECIPIENTS)
          throw badMessage("framing", "has an absurd number of recipients");
        if (tag === TAG.skesk) {
          if (++this.#passphrases > MOST_PASSPHRASES) throw badMessage("framing", "has an absurd number of passphrases");
        } else this.recipients.push(recipientOf(bytes));
        this.#packets.push(packet(tag, bytes));
        return;
      }
      case TAG.marker:
      case TAG.padding:
        return drain(body);
      case TAG.aead:
        throw badMessage(
          "unsupported",
          "is encrypted in gpg 2.4's own AEAD format, which neither doppel nor stock duplicity supports",
        );
      case TAG.literal:
      case TAG.compressed:
      case TAG.onePass:
      case TAG.signature:
        throw badMessage("not-openpgp", "is an OpenPGP message that is not encrypted");
      default:
        throw badMessage("not-openpgp", "is not an encrypted OpenPGP message");
    }
  }

  get bytes(): Uint8Array {
    return concatBytes(this.#packets);
  }
}

function recipientOf(pkesk: Uint8Array): string {
  if (pkesk[0] !== 3 || pkesk.length < 10) {
    throw badMessage(
      "unsupported",
      `is encrypted with key packets of version ${pkesk[0]}, which stock duplicity cannot read either`,
    );
  }
  return hex(pkesk.subarray(1, 9));
}

async function envelopeOf({ tag, body }: StreamedPacket, keys: KeyPacketCollector): Promise<Envelope> {
  const reader = new ByteReader(body);
  const first = await reader.peek(FIRST_BYTES);
  if (tag === TAG.seipd && first.length > 0 && first[0] !== 1) {
    throw badMessage(
      "unsupported",
      `is encrypted in a newer format (SEIPD version ${first[0]}), which stock duplicity cannot read either`,
    );
  }
  if (keys.recipients.length === 0 && !keys.symmetric) {
    throw badMessage("unsupported", "names no key and no passphrase that it could be opened with");
  }
  return {
    keyPackets: {
      bytes: keys.bytes,
      recipients: keys.recipients,
      symmetric: keys.symmetric,
      firstEncryptedBytes: packet(tag, first.subarray(0, FIRST_BYTES)),
    },
    tag,
    body: reader.rest(),
  };
}
