import { type ByteStream, concatBytes } from "@doppel/base";
import { BodyDeframer } from "../packets/deframe.ts";
import { badMessage } from "../packets/fault.ts";
import { type BodyLength, MAX_HEADER, parseHeader } from "../packets/header.ts";
import { ByteReader } from "./byte-reader.ts";

/** Pieces of a chunk that are handed on as they are. */
const MOST_APART = 2;

export interface StreamedPacket {
  readonly tag: number;
  /**
   * Must be read to its end before the next packet is asked for. Each chunk is valid until the next is asked for. Throws
   * openpgp.bad-message when it is cut off.
   */
  readonly body: AsyncGenerator<Uint8Array>;
}

/** The packets of a stream, one after another, their bodies as streams. */
export class PacketReader {
  readonly #reader: ByteReader;
  #open = false;
  #joined = new Uint8Array(0);

  constructor(stream: ByteStream) {
    this.#reader = new ByteReader(stream);
  }

  /** What follows, at least `count` bytes unless the stream ends before. Only between packets. */
  peek(count: number): Promise<Uint8Array> {
    return this.#reader.peek(count);
  }

  /** The next packet; undefined at the end. @throws DoppelError openpgp.bad-message when something else follows. */
  async next(): Promise<StreamedPacket | undefined> {
    if (this.#open) throw new Error("the body of the packet before was not read to its end");
    const bytes = await this.#reader.peek(MAX_HEADER);
    if (bytes.length === 0) return undefined;
    const header = parseHeader(bytes, 0);
    if (!header) throw badMessage("truncated", "ends within a packet: it is cut off");
    this.#reader.skip(header.size);
    this.#open = true;
    return { tag: header.tag, body: this.#body(header.length) };
  }

  /** Reads all that is left as no packets, and counts it. Only between packets. */
  async rest(): Promise<number> {
    let bytes = 0;
    for await (const chunk of this.#reader.rest()) bytes += chunk.length;
    return bytes;
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async *#body(length: BodyLength): AsyncGenerator<Uint8Array> {
    const deframer = new BodyDeframer(length);
    while (!deframer.done) {
      const bytes = await this.#reader.take();
      if (bytes === undefined) {
        deframer.finish();
        break;
      }
      const pieces: Uint8Array[] = [];
      const used = deframer.push(bytes, pieces);
      if (used < bytes.length) this.#reader.putBack(bytes.subarray(used));
      // gpg writes parts of 8 KiB, we of 64: each on its own would cost more on its way through a dozen generators.
      if (pieces.length > MOST_APART) yield this.#join(pieces, used);
      else yield* pieces;
    }
    this.#open = false;
  }

  /** In memory that is used again: new memory for each chunk costs more than copying to it. */
  #join(pieces: readonly Uint8Array[], most: number): Uint8Array {
    if (this.#joined.length < most) this.#joined = new Uint8Array(most);
    let length = 0;
    for (const piece of pieces) {
      this.#joined.set(piece, length);
      length += piece.length;
    }
    return this.#joined.subarray(0, length);
  }
}

/** A packet body in memory. @throws DoppelError openpgp.bad-message when it is longer than `limit`. */
export async function smallBody(body: ByteStream, limit = 64 * 1024): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) throw badMessage("framing", "has a key or signature packet of an absurd size");
    chunks.push(chunk.slice());
  }
  return concatBytes(chunks);
}

/** Reads to the end and forgets. */
export async function drain(body: ByteStream): Promise<void> {
  for await (const _ of body);
}
