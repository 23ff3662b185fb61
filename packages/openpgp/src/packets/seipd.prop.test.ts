import { createDecipheriv, createHash } from "node:crypto";
import { concatBytes } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emitted, random } from "../test-messages.ts";
import { cfbDecipher } from "./cfb.ts";
import { BodyDeframer } from "./deframe.ts";
import { parseHeader } from "./header.ts";
import { MdcReader, SeipdEncoder } from "./seipd.ts";
import { AES_256, cipherInfo } from "./algorithms.ts";
import { openpgp } from "../openpgpjs.ts";

const session = { cipher: AES_256, key: new Uint8Array(32).fill(7) };
const fixed = { bytes: (n: number) => new Uint8Array(n).fill(9) };
const chunks = fc.array(fc.uint8Array({ maxLength: 900 }), { maxLength: 8 });

/** The decrypted body of a SEIPD packet. */
function decrypted(packet: Uint8Array): Buffer {
  const header = parseHeader(packet, 0)!;
  const out: Uint8Array[] = [];
  new BodyDeframer(header.length).push(packet.subarray(header.size), out);
  return createDecipheriv("aes-256-cfb", session.key, new Uint8Array(16)).update(concatBytes(out).subarray(1));
}

describe("SeipdEncoder", () => {
  it("writes prefix, data and MDC, the same for any chunking", () => {
    fc.assert(
      fc.property(chunks, (pieces) => {
        const encode = (parts: readonly Uint8Array[]): Uint8Array => {
          const encoder = new SeipdEncoder(session, fixed, 9);
          return emitted((emit) => {
            for (const part of parts) encoder.update(part, emit);
            encoder.finish(emit);
          });
        };
        const data = concatBytes(pieces);
        const packet = encode(pieces);
        expect(Buffer.compare(packet, encode([data]))).toBe(0);
        const plain = decrypted(packet);
        expect(Buffer.compare(plain.subarray(18, -22), data)).toBe(0);
        expect(Buffer.compare(plain.subarray(-20), createHash("sha1").update(plain.subarray(0, -20)).digest())).toBe(0);
      }),
    );
  });

  it("uses a fresh prefix each time", () => {
    const first = decrypted(emitted((emit) => new SeipdEncoder(session, random).finish(emit)));
    const second = decrypted(emitted((emit) => new SeipdEncoder(session, random).finish(emit)));
    expect(first.subarray(0, 16).equals(second.subarray(0, 16))).toBe(false);
  });
});

describe("MdcReader", () => {
  const encoder = new SeipdEncoder(session, random, 9);
  const data = random.bytes(700);
  const plain = decrypted(
    emitted(
      (emit) => encoder.update(data, emit),
      (emit) => encoder.finish(emit),
    ),
  );
  const read = (bytes: Uint8Array, size: number): Uint8Array => {
    const reader = new MdcReader(AES_256);
    const out: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) out.push(reader.update(bytes.slice(at, at + size)).slice());
    reader.finish();
    return concatBytes(out);
  };

  it.each([1, 2, 17, 18, 19, 21, 22, 23, 64, 4096])("gives the data back in chunks of %i", (size) => {
    expect(Buffer.compare(read(plain, size), data)).toBe(0);
  });

  it("refuses any changed byte but those of the prefix that are checked otherwise", () => {
    for (let at = 0; at < plain.length; at++) {
      const changed = Buffer.from(plain);
      changed[at]! ^= 1;
      expect(() => read(changed, 100), `byte ${at}`).toThrow();
    }
  });

  it("refuses anything shorter or longer", () => {
    for (let end = 0; end < plain.length; end += 13) expect(() => read(plain.subarray(0, end), 100)).toThrow();
    expect(() => read(concatBytes([plain, Uint8Array.of(0)]), 100)).toThrow();
  });
});

describe("cfbDecipher", () => {
  // The oracle is openpgp.js, which has no Camellia: gpg is its oracle, in openpgp.interop.ts.
  it.each([2, 3, 4, 7, 8, 9, 10])("deciphers algorithm %i in any chunking", async (cipher) => {
    const { SymmetricallyEncryptedDataPacket } = await openpgp();
    const { keySize, blockSize } = cipherInfo(cipher)!;
    const key = random.bytes(keySize);
    const data = Buffer.from(random.bytes(333));
    const packet = new SymmetricallyEncryptedDataPacket() as unknown as {
      packets: { write(): Uint8Array };
      encrypted: Uint8Array;
      encrypt(algorithm: number, key: Uint8Array): Promise<void>;
    };
    packet.packets = { write: () => data };
    await packet.encrypt(cipher, key);
    const body = packet.encrypted;
    const plains: Buffer[] = [];
    for (const size of [1, 5, 8, 16, 50, 1000]) {
      const decipher = await cfbDecipher({ cipher, key }, body.subarray(2, blockSize + 2));
      const out: Uint8Array[] = [];
      for (let at = blockSize + 2; at < body.length; at += size) {
        out.push(Buffer.from(await decipher.update(body.subarray(at, at + size))));
      }
      out.push(await decipher.finish());
      plains.push(Buffer.concat(out));
    }
    for (const plain of plains) expect(plain.equals(data)).toBe(true);
  });
});
