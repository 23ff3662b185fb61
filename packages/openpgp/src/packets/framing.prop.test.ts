import { concatBytes } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PacketReader } from "../read/packet-reader.ts";
import { chunked, emitted, sampleData } from "../test-messages.ts";
import { BodyDeframer } from "./deframe.ts";
import { lengthBytes, packetHeader, parseHeader, parseLength } from "./header.ts";
import { LiteralFramer } from "./literal.ts";
import { TAG } from "./tags.ts";

const BORDERS = [0, 1, 191, 192, 505, 506, 507, 511, 512, 513, 1017, 1018, 1019, 1024, 8383, 8384, 65_535, 65_536, 65_537];

function frame(data: Uint8Array, chunkSize: number, bits: number): Uint8Array {
  const framer = new LiteralFramer(bits);
  return emitted((emit) => {
    for (let at = 0; at < data.length; at += chunkSize) framer.update(data.subarray(at, at + chunkSize), emit);
    framer.finish(emit);
  });
}

async function unframe(bytes: Uint8Array, chunkSize: number): Promise<{ tag: number; body: Buffer; after: number }> {
  const reader = new PacketReader(chunked(bytes, chunkSize));
  const packet = (await reader.next())!;
  const body: Uint8Array[] = [];
  for await (const chunk of packet.body) body.push(chunk);
  return { tag: packet.tag, body: Buffer.concat(body), after: (await reader.peek(1)).length };
}

describe("LiteralFramer", () => {
  it.each(BORDERS)("frames %i bytes the same however they come, and the reader gives them back", async (size) => {
    const data = sampleData(size);
    const whole = frame(data, size + 1, 9);
    expect(Buffer.compare(frame(data, 1, 9), whole)).toBe(0);
    expect(Buffer.compare(frame(data, 300, 9), whole)).toBe(0);
    for (const chunkSize of [1, 7, 512, whole.length]) {
      const { tag, body, after } = await unframe(whole, chunkSize);
      expect(tag).toBe(TAG.literal);
      expect(Buffer.compare(body.subarray(6), data)).toBe(0);
      expect(after).toBe(0);
    }
  });

  it("is as short as can be, and holds mode b, no name and the date", () => {
    expect([...emitted((emit) => new LiteralFramer(20, 0x01020304).finish(emit))]).toEqual([0xcb, 6, 0x62, 0, 1, 2, 3, 4]);
  });

  it("keeps every partial length a power of two of at least 512 and ends with a definite one", () => {
    const framed = frame(sampleData(5000), 5000, 9);
    const lengths: string[] = [];
    for (let at = 1; at < framed.length; ) {
      const { length, size } = parseLength(framed, at)!;
      lengths.push(`${length.bytes}${length.partial ? "+" : ""}`);
      at += size + length.bytes;
    }
    expect(lengths).toEqual([...Array.from({ length: 9 }, () => "512+"), "398"]);
  });
});

describe("BodyDeframer", () => {
  it("gives the same for any chunking, and stops exactly at the end", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
        (data, sizes) => {
          const framed = frame(data, 4096, 9);
          const header = parseHeader(framed, 0)!;
          const deframer = new BodyDeframer(header.length);
          const junk = Uint8Array.of(1, 2, 3);
          const rest = concatBytes([framed.subarray(header.size), junk]);
          const out: Uint8Array[] = [];
          let at = 0;
          for (let i = 0; !deframer.done; i++) {
            const chunk = rest.subarray(at, at + sizes[i % sizes.length]!);
            at += deframer.push(chunk, out);
          }
          expect(rest.length - at).toBe(junk.length);
          expect(Buffer.compare(concatBytes(out).subarray(6), data)).toBe(0);
        },
      ),
    );
  });

  it("refuses every body that is cut off", () => {
    const framed = frame(sampleData(1500), 1500, 9);
    const header = parseHeader(framed, 0)!;
    for (let end = header.size; end < framed.length; end++) {
      const deframer = new BodyDeframer(header.length);
      deframer.push(framed.subarray(header.size, end), []);
      expect(() => deframer.finish()).toThrow("cut off");
    }
  });
});

describe("packet headers", () => {
  it("round-trip", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (tag, length) => {
        const bytes = packetHeader(tag, length);
        expect(parseHeader(bytes, 0)).toEqual({ tag, length: { bytes: length, partial: false }, size: bytes.length });
        for (let end = 0; end < bytes.length; end++) expect(parseHeader(bytes.subarray(0, end), 0)).toBeUndefined();
        expect(lengthBytes(length).length).toBe(length < 192 ? 1 : length < 8384 ? 2 : 5);
      }),
    );
  });

  it("are read in the old format, too", () => {
    expect(parseHeader(Uint8Array.of(0x85, 1, 12), 0)).toEqual({ tag: 1, length: { bytes: 268, partial: false }, size: 3 });
    expect(parseHeader(Uint8Array.of(0xa3), 0)).toEqual({
      tag: 8,
      length: { bytes: Number.POSITIVE_INFINITY, partial: false },
      size: 1,
    });
  });
});
