import { type ByteStream, isDoppelError } from "@doppel/base";
import { cipherInfo } from "../packets/algorithms.ts";
import { cfbDecipher } from "../packets/cfb.ts";
import { badMessage } from "../packets/fault.ts";
import { MdcReader } from "../packets/seipd.ts";
import type { SessionKey } from "../packets/session-key.ts";
import { TAG } from "../packets/tags.ts";
import type { SecretKeys } from "../secret/secret-keys.ts";
import { binaryPackets } from "./armored.ts";
import { ByteReader } from "./byte-reader.ts";
import { MessageContent } from "./content.ts";
import { type Envelope, type KeyPackets, openEnvelope } from "./envelope.ts";
import { drain, PacketReader } from "./packet-reader.ts";
import type { Verifier } from "./verifier.ts";

/** How a message is read. */
export interface ReadOptions {
  /** Ends reading with its reason. */
  readonly signal?: AbortSignal;
  /** Told, in one line each, of what was accepted though it should not be: no integrity protection, trailing bytes. */
  readonly onWarning?: (text: string) => void;
  /** Demands a signature. Without it signatures are ignored. */
  readonly verifier?: Verifier;
  /** When the message was made at the earliest: a signature that is older was made for another. */
  readonly signedSince?: Date;
  /** Chunks need only be valid until the next is asked for, which saves copying them. Those of `sealed` may always be so. */
  readonly lent?: boolean;
}

/**
 * The literal data of one message. Data comes out BEFORE integrity check and signature are known: both are at the end of
 * the message, so the iteration throws at its end when they fail, and whoever cannot undo calls authenticateMessage first.
 * @throws DoppelError openpgp.*
 */
export async function* decryptMessage(
  sealed: ByteStream,
  keys: SecretKeys,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const content = new MessageContent(options.verifier, options.signedSince);
  const opened = openMessage(sealed, keys, options, (plain) => content.read(plain));
  if (options.lent) yield* opened;
  else for await (const chunk of opened) yield chunk.slice();
  await content.finish();
}

/**
 * Decrypts without decompressing and checks the integrity of the whole message, and nothing else. Resolves when it is
 * good. A message without integrity protection (old, tag 9) is only read, and reported to `onWarning`.
 * @throws DoppelError openpgp.*
 */
export async function authenticateMessage(
  sealed: ByteStream,
  keys: SecretKeys,
  options: Omit<ReadOptions, "verifier" | "signedSince" | "lent"> = {},
): Promise<void> {
  await drain(openMessage(sealed, keys, options, (plain) => plain));
}

/**
 * The session key of a message, from its first packets; no more of it is read. With it, and {@link sessionKeyOnly}, somebody
 * else can read the message: another thread. @throws DoppelError openpgp.*
 */
export async function readSessionKey(sealed: ByteStream, keys: SecretKeys, signal?: AbortSignal): Promise<SessionKey> {
  const packets = new PacketReader(binaryPackets(abortable(sealed, signal)));
  try {
    const { keyPackets } = await openEnvelope(packets);
    return await keys.sessionKey(keyPackets, signal);
  } finally {
    await packets.close();
  }
}

/** Who can open a message, from its first packets; no more of it is read. @throws DoppelError openpgp.bad-message */
export async function readKeyPackets(sealed: ByteStream, signal?: AbortSignal): Promise<KeyPackets> {
  const packets = new PacketReader(binaryPackets(abortable(sealed, signal)));
  try {
    return (await openEnvelope(packets)).keyPackets;
  } finally {
    await packets.close();
  }
}

/** Opens the one message whose session key it is. */
export function sessionKeyOnly(session: SessionKey): SecretKeys {
  return { sessionKey: async () => session, close: async () => undefined };
}

/** The frame of both: envelope, session key, deciphering, what follows. `read` makes the output of the packets inside. */
async function* openMessage(
  sealed: ByteStream,
  keys: SecretKeys,
  { signal, onWarning }: ReadOptions,
  read: (plain: ByteStream) => ByteStream,
): AsyncGenerator<Uint8Array> {
  const packets = new PacketReader(binaryPackets(abortable(sealed, signal)));
  try {
    const envelope = await openEnvelope(packets);
    const session = await keys.sessionKey(envelope.keyPackets, signal);
    if (envelope.tag === TAG.sed)
      onWarning?.("the message has no integrity protection (written by an old program): changes to it go unnoticed");
    const plain = deciphered(envelope, session);
    try {
      yield* read(plain);
      await drain(plain); // to its end, where the integrity check is
    } catch (error) {
      // Damage usually shows as nonsense inside before the integrity check is reached. What it says counts more.
      if (isDoppelError(error, "openpgp.bad-message") && error.data.reason !== "truncated") await drain(plain);
      throw error;
    }
    await refuseSecondMessage(packets, onWarning);
  } finally {
    await packets.close();
  }
}

/** The packets inside; each chunk is valid until the next is asked for. Throws at the end when the integrity check fails. */
async function* deciphered({ tag, body }: Envelope, session: SessionKey): AsyncGenerator<Uint8Array> {
  const info = cipherInfo(session.cipher);
  if (!info) throw badMessage("unsupported", `uses cipher ${session.cipher}, which is not supported: decrypt it with gpg`);
  const reader = new ByteReader(body);
  const zeros = new Uint8Array(info.blockSize);
  if (tag === TAG.sed) {
    // Resynchronisation (RFC 4880 5.7): after the prefix the cipher starts anew from its last bytes.
    const prefixSize = info.blockSize + 2;
    const prefix = (await reader.peek(prefixSize)).slice(0, prefixSize);
    if (prefix.length < prefixSize) throw badMessage("truncated", "ends within its first bytes: it is cut off");
    reader.skip(prefixSize);
    for await (const chunk of decipher(reader.rest(), session, prefix.subarray(2))) yield chunk;
    return;
  }
  await reader.peek(1);
  reader.skip(1); // the version, checked by openEnvelope
  const mdc = new MdcReader(session.cipher);
  for await (const chunk of decipher(reader.rest(), session, zeros)) {
    const data = mdc.update(chunk);
    if (data.length > 0) yield data;
  }
  mdc.finish();
}

/** Each chunk is valid until the next is asked for. */
async function* decipher(body: ByteStream, session: SessionKey, iv: Uint8Array): AsyncGenerator<Uint8Array> {
  const cipher = await cfbDecipher(session, iv);
  for await (const chunk of body) yield await cipher.update(chunk);
  const last = await cipher.finish();
  if (last.length > 0) yield last;
}

/** Junk after a message is tolerated as by stock (spec 6.3), with a warning; a second message is refused as by stock. */
async function refuseSecondMessage(packets: PacketReader, onWarning: ReadOptions["onWarning"]): Promise<void> {
  const rest = await packets.peek(1);
  const first = rest[0];
  if (first === undefined) return;
  const tag = (first & 0x80) === 0 ? 0 : (first & 0x40) === 0 ? (first >> 2) & 15 : first & 63;
  const starts: number[] = [TAG.pkesk, TAG.skesk, TAG.sed, TAG.seipd, TAG.marker];
  if (starts.includes(tag)) throw badMessage("two-messages", "holds two messages, one after another");
  onWarning?.("bytes after the end of the message were ignored");
}

async function* abortable(stream: ByteStream, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
