import type { ByteStream } from "@doppel/base";
import { badMessage } from "../packets/fault.ts";
import { type OnePass, parseOnePass } from "../packets/signature.ts";
import { TAG } from "../packets/tags.ts";
import { ByteReader } from "./byte-reader.ts";
import { decompress } from "./decompress.ts";
import { drain, PacketReader, smallBody } from "./packet-reader.ts";
import type { Verification, Verifier } from "./verifier.ts";

/** Compressed packets in compressed packets: nobody writes them, and each would multiply by a thousand what comes out of a message. */
const MAX_DEPTH = 1;

/**
 * Signatures, markers and the like around the data: nobody writes more than a few. Without a limit a message of a megabyte could hold
 * a billion of them, compressed, and keep us busy for hours.
 */
const MAX_PACKETS = 64;

/** The literal data of the packets inside a message (RFC 4880 11.3), once: a second one is refused. */
export class MessageContent {
  readonly #verifier: Verifier | undefined;
  readonly #since: Date | undefined;
  readonly #onePasses: OnePass[] = [];
  readonly #signatures: Uint8Array[] = [];
  #verification: Verification | undefined;
  #literalSeen = false;
  #packets = 0;

  constructor(verifier: Verifier | undefined, since?: Date) {
    this.#verifier = verifier;
    this.#since = since;
  }

  /** Reads `packets` to their end. @throws DoppelError openpgp.bad-message. */
  async *read(packets: ByteStream, depth = 0): AsyncGenerator<Uint8Array> {
    const reader = new PacketReader(packets);
    for (let next = await reader.next(); next; next = await reader.next()) {
      const { tag, body } = next;
      if (++this.#packets > MAX_PACKETS) throw badMessage("nested", `holds more than ${MAX_PACKETS} packets`);
      switch (tag) {
        case TAG.compressed:
          if (depth === MAX_DEPTH) throw badMessage("nested", "is compressed more than once");
          yield* this.read(decompress(body), depth + 1);
          await drain(body);
          break;
        case TAG.literal:
          yield* this.#literal(body);
          break;
        case TAG.onePass: {
          const onePass = parseOnePass(await smallBody(body));
          if (onePass) this.#onePasses.push(onePass);
          break;
        }
        case TAG.signature:
          this.#signatures.push(await smallBody(body));
          break;
        case TAG.marker:
        case TAG.padding:
          await drain(body);
          break;
        default:
          throw badMessage("framing", `holds a packet that has no place in a message (tag ${tag})`);
      }
    }
  }

  /** To be called at the end, after the integrity check. @throws DoppelError openpgp.bad-message (empty), openpgp.bad-signature. */
  async finish(): Promise<void> {
    if (!this.#literalSeen) throw badMessage("empty", "holds no data");
    await this.#verification?.finish(this.#signatures);
  }

  async *#literal(body: ByteStream): AsyncGenerator<Uint8Array> {
    if (this.#literalSeen) throw badMessage("two-messages", "holds two messages, one after another");
    this.#literalSeen = true;
    const reader = new ByteReader(body);
    const head = await reader.peek(2);
    if (head.length < 2) throw badMessage("truncated", "ends within the header of its data");
    if (head[0] !== 0x62) {
      const mode = String.fromCharCode(head[0]!);
      throw badMessage("text-mode", `was written in text mode (${JSON.stringify(mode)}), in which line ends may be changed`);
    }
    const size = 2 + head[1]! + 4;
    if ((await reader.peek(size)).length < size) throw badMessage("truncated", "ends within the header of its data");
    reader.skip(size);
    this.#verification = await this.#verifier?.begin(this.#onePasses, this.#since);
    for await (const chunk of reader.rest()) {
      this.#verification?.update(chunk);
      yield chunk;
    }
  }
}
