import type { ByteStream } from "@doppel/base";
import { ArmorDecoder, looksArmored } from "../packets/armor.ts";
import { badMessage } from "../packets/fault.ts";
import { ByteReader } from "./byte-reader.ts";

/** Text before the armor begins (mail headers) is skipped only this far. */
const HEAD = 4096;

/** The binary packets of a message, armored or not. @throws DoppelError openpgp.bad-message when it is neither. */
export async function* binaryPackets(sealed: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(sealed);
  try {
    const head = await reader.peek(1);
    if (head.length === 0) throw badMessage("truncated", "is empty");
    if (head[0]! >= 0x80) {
      yield* reader.rest();
      return;
    }
    if (!looksArmored((await reader.peek(HEAD)).subarray(0, HEAD))) throw badMessage("not-openpgp", "is not an OpenPGP message");
    const decoder = new ArmorDecoder();
    for await (const text of reader.rest()) {
      const bytes = decoder.update(text);
      if (bytes.length > 0) yield bytes;
    }
    const last = decoder.finish();
    if (last.length > 0) yield last;
  } finally {
    await reader.close();
  }
}
