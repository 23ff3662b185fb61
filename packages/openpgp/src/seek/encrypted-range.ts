import type { ByteStream } from "@doppel/base";
import { cipherInfo } from "../packets/algorithms.ts";
import { cfbDecipher } from "../packets/cfb.ts";
import { badMessage } from "../packets/fault.ts";
import type { SessionKey } from "../packets/session-key.ts";
import { deframed, FramedBody } from "./framed-body.ts";

/** An encrypted message of which it is known how it lies in its object. */
export interface SeekableMessage {
  /** What opens it. */
  readonly session: SessionKey;
  /** Where the encrypted packet (SEIPD version 1) begins in the object. */
  readonly messageStart: number;
  /** Its body: version, encrypted prefix, what is inside, MDC. */
  readonly bodyBytes: number;
  /** Its packet has parts of 2^partBits bytes. */
  readonly partBits: number;
}

/** Part of an object, and how the part of the message that it holds comes out of it. */
export interface EncryptedRange {
  /** Bytes `start` up to, not including, `end` of the object. */
  readonly start: number;
  /** See `start`. */
  readonly end: number;
  /** `bytes` are those of the range. Nothing proves that they are what was written: see {@link encryptedRange}. */
  readonly decipher: (bytes: ByteStream) => AsyncGenerator<Uint8Array>;
}

const VERSION_BYTES = 1;
const BLOCKS_BEFORE = 1;

/**
 * The range that holds bytes `from` up to `to` of the packets inside a message, counted behind the encrypted prefix. CFB can be
 * deciphered from any block when the block before it is known (RFC 4880 13.9). The message's integrity check covers all of it
 * and says nothing about a part: whoever uses one has a digest of what must come out.
 * @throws DoppelError openpgp.bad-message for a cipher or a key that cannot be used
 */
export function encryptedRange(message: SeekableMessage, from: number, to: number): EncryptedRange {
  const { session, messageStart, bodyBytes, partBits } = message;
  const info = cipherInfo(session.cipher);
  if (!info || info.keySize !== session.key.length)
    throw badMessage("unsupported", `uses cipher ${session.cipher} with a key of ${session.key.length} bytes`);
  const { blockSize } = info;
  const framed = new FramedBody(bodyBytes, partBits);
  const prefix = blockSize + 2;
  const block = Math.floor((prefix + from) / blockSize) - BLOCKS_BEFORE;
  const first = VERSION_BYTES + block * blockSize;
  const skip = BLOCKS_BEFORE * blockSize + ((prefix + from) % blockSize);
  return {
    start: messageStart + framed.position(first),
    end: messageStart + framed.position(VERSION_BYTES + prefix + Math.max(from, to - 1)) + 1,
    async *decipher(bytes) {
      // The block before is deciphered too, into nonsense that is dropped: what counts is that the cipher has seen it.
      const cipher = await cfbDecipher(session, new Uint8Array(blockSize));
      let drop = skip;
      const plain = async function* () {
        for await (const chunk of deframed(framed, first, bytes)) yield await cipher.update(chunk);
        yield await cipher.finish();
      };
      for await (const chunk of plain()) {
        const dropped = Math.min(drop, chunk.length);
        drop -= dropped;
        if (dropped < chunk.length) yield Uint8Array.from(chunk.subarray(dropped)); // the decipher uses its buffer again
      }
    },
  };
}
