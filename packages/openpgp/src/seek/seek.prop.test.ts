import { randomBytes } from "node:crypto";
import { concatBytes } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PartialFramer } from "../packets/partial.ts";
import { SeipdEncoder } from "../packets/seipd.ts";
import { newSessionKey } from "../packets/session-key.ts";
import { chunked, emitted, sampleData } from "../test-messages.ts";
import { encryptedRange } from "./encrypted-range.ts";
import { deframed, FramedBody } from "./framed-body.ts";

const random = { bytes: (count: number) => Uint8Array.from(randomBytes(count)) };
const lengths = fc.oneof(fc.constantFrom(0, 1, 191, 192, 511, 512, 513, 1024, 1025, 8383, 8384, 20_000), fc.nat(5000));

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("FramedBody", () => {
  it("knows where every byte of a framed body is, and reads on from any", async () => {
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.integer({ min: 9, max: 13 }),
        fc.nat(),
        fc.integer({ min: 1, max: 700 }),
        async (length, bits, at, chunk) => {
          const body = sampleData(length);
          const framer = new PartialFramer(11, bits);
          const parts: Uint8Array[] = [];
          const emit = (bytes: Uint8Array): void => void parts.push(new Uint8Array(bytes));
          framer.push(body, emit);
          framer.finish(emit);
          const packet = concatBytes(parts);
          const framed = new FramedBody(length, bits);
          for (let i = 0; i < length; i += 97) expect(packet[framed.position(i)]).toBe(body[i]);
          if (length === 0) return;
          const from = at % length;
          const rest = await bytesOf(deframed(framed, from, chunked(packet.subarray(framed.position(from)), chunk)));
          expect(rest.equals(body.subarray(from))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("encryptedRange", () => {
  it("gives any bytes of a message from a part of its object", async () => {
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.integer({ min: 9, max: 13 }),
        fc.nat(),
        fc.nat(),
        fc.nat(300),
        async (length, bits, a, b, messageStart) => {
          const inside = sampleData(length + 1);
          const session = newSessionKey(random);
          const encoder = new SeipdEncoder(session, random, bits);
          const message = emitted(
            (emit) => encoder.update(inside, emit),
            (emit) => encoder.finish(emit),
          );
          const object = concatBytes([random.bytes(messageStart), message]);
          const [x, y] = [a % inside.length, b % inside.length];
          const [from, to] = [Math.min(x, y), Math.max(x, y) + 1];
          const { bodyBytes, partBits } = encoder;
          const range = encryptedRange({ session, messageStart, bodyBytes, partBits }, from, to);
          // No more is asked for than the bytes, a block or two before them, and the headers of parts.
          expect(range.end - range.start).toBeLessThanOrEqual(to - from + 32 + (to - from + 32) / 2 ** bits + 6);
          for (const chunk of [1, 100, object.length]) {
            const plain = await bytesOf(range.decipher(chunked(object.subarray(range.start, range.end), chunk)));
            expect(plain.equals(inside.subarray(from, to))).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("refuses a key that does not fit its cipher", () => {
    const message = { session: { cipher: 9, key: new Uint8Array(16) }, messageStart: 0, bodyBytes: 99, partBits: 9 };
    expect(() => encryptedRange(message, 0, 1)).toThrow("with a key of 16 bytes");
  });
});
