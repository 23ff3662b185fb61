import { type ByteStream, concatBytes } from "@doppel/base";
import { BodyDeframer } from "../packets/deframe.ts";
import { badMessage } from "../packets/fault.ts";
import { type BodyLength, MAX_HEADER, parseHeader } from "../packets/header.ts";
import { ByteReader } from "./byte-reader.ts";

/** Pieces of a chunk that are handed on as they are. */
const MOST_APART = 2;

export interface StreamedPacket {
  readonly tag: number;
  /** Must be read to its end before the next packet is asked for. Throws openpgp.bad-message when it is cut off. */
  readonly body: AsyncGenerator<Uint8Array>;
}

/** The packets of a stream, one after another, their bodies as streams. */
export class PacketReader {
  readonly #reader: ByteReader;
  #open = false;

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
      // gpg writes parts of 8 KiB: joined, they cost one step each further on, not eight. Ours are larger, and are not copied.
      if (pieces.length > MOST_APART) yield concatBytes(pieces);
      else yield* pieces;
    }
    this.#open = false;
  }
}

/** A packet body in memory. @throws DoppelError openpgp.bad-message when it is longer than `limit`. */
export async function smallBody(body: ByteStream, limit = 64 * 1024): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limit) throw badMessage("framing", "has a key or signature packet of an absurd size");
    chunks.push(chunk);
  }
  return concatBytes(chunks);
}

/** Reads to the end and forgets. */
export async function drain(body: ByteStream): Promise<void> {
  for await (const _ of body);
}
