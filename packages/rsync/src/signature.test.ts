import { isDoppelError } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SignatureFormat } from "./formats.ts";
import { signatureLength } from "./lengths.ts";
import { loadMd4Lanes } from "./md4-lanes.ts";
import { loadRsync } from "./rsync.ts";
import { parseSignature, SignatureParser } from "./signature-parser.ts";
import { loadStrongSums } from "./strong-sum.ts";
import { Seeded } from "./testing/inputs.ts";
import { bytewise, hex, signatureOf, tableOf } from "./testing/run.ts";

const rsync = await loadRsync();
const FORMATS: readonly SignatureFormat[] = ["md4", "blake2", "rabinkarp-md4", "rabinkarp-blake2"];

describe("a signature in one call", () => {
  it("is what a builder makes", () => {
    const bytes = new Seeded(3).bytes(70_000);
    const lengths = fc.oneof(fc.nat(70_000), fc.constantFrom(0, 1, 511, 512, 513, 1024, 4 * 512, 64 * 512, 65 * 512 + 1));
    fc.assert(
      fc.property(lengths, fc.constantFrom(1, 64, 500, 512, 2048), fc.constantFrom(...FORMATS), (length, blockLength, format) => {
        fc.pre(length / blockLength < 5000);
        const part = bytes.subarray(0, length);
        const expected = signatureOf(rsync, { blockLength, format }, part);
        const out = new Uint8Array(expected.length + 3).fill(7);
        expect(rsync.writeSignature(part, { blockLength, format }, out)).toBe(expected.length);
        expect(Buffer.from(out)).toEqual(Buffer.concat([expected, Buffer.alloc(3, 7)]));
        expect(() => rsync.writeSignature(part, { blockLength, format }, out.subarray(4))).toThrow(RangeError);
      }),
      { numRuns: 60 },
    );
  });
});

describe("strong sums", () => {
  it("are MD4 (spec B.2, RFC 1320) and BLAKE2b of 32 bytes", async () => {
    const { md4, blake2 } = await loadStrongSums();
    expect(md4.one(Buffer.from("xabcx"), 1, 4)).toEqual(new Uint8Array(hex("a448017aaf21d8525fc10ae87aa6729d")));
    expect(md4.one(Buffer.from("AAAA"), 0, 4)).toEqual(new Uint8Array(hex("90353ed2d3d2cd620347ff246e8fbab6")));
    // b2sum -l 256
    const empty = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
    expect(blake2.one(Buffer.alloc(0), 0, 0)).toEqual(new Uint8Array(hex(empty)));
  });

  it("are the same one by one and many at once, at any length and place", async () => {
    const sums = await loadStrongSums();
    const bytes = new Seeded(9).bytes(200_000);
    for (const kind of ["md4", "blake2"] as const) {
      for (const [blockLength, count] of [
        [1, 64],
        [63, 9],
        [64, 1],
        [64, 3],
        [64, 64],
        [512, 63],
        [2048, 64],
        [31_744, 5],
        [32_832, 5],
      ] as const) {
        const digests = sums[kind].many(bytes, 3, blockLength, count).slice(0, count * sums[kind].length);
        const each = Array.from({ length: count }, (_, i) =>
          sums[kind].one(bytes, 3 + i * blockLength, 3 + (i + 1) * blockLength),
        );
        expect(Buffer.concat(each).equals(digests), `${kind} ${blockLength} ${count}`).toBe(true);
      }
    }
  });

  it("are made four at a time here", async () => {
    const digests = new Uint8Array(80);
    expect((await loadMd4Lanes())?.digests(new Uint8Array(2560), 0, 512, 5, digests)).toBe(4);
  });
});

describe("building a signature", () => {
  it("makes spec 4.3's example", () => {
    const expected = hex("72730136 00000200 00000008 03c00180 90353ed2d3d2cd62");
    expect(signatureOf(rsync, { blockLength: 512 }, Buffer.from("AAAA"))).toEqual(new Uint8Array(expected));
  });

  it("is only a header for an empty file", () => {
    expect(signatureOf(rsync, { blockLength: 512 })).toEqual(new Uint8Array(hex("72730136 00000200 00000008")));
  });

  it("gives the same bytes whole, in chunks and byte by byte, of the length foretold", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat({ max: 3000 }),
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom(...FORMATS),
        (seed, size, blockLength, format) => {
          const seeded = new Seeded(seed);
          const bytes = seeded.bytes(size);
          const options = { blockLength, strongLength: 1 + seeded.below(16), format };
          const whole = signatureOf(rsync, options, bytes);
          expect(whole.length).toBe(signatureLength(size, blockLength, options.strongLength));
          expect(Buffer.compare(signatureOf(rsync, options, ...seeded.cut(bytes, 900)), whole)).toBe(0);
          if (size < 300) expect(Buffer.compare(signatureOf(rsync, options, ...bytewise(bytes)), whole)).toBe(0);
        },
      ),
    );
  });

  it("lets builders of one toolbox be fed in turn", () => {
    const [a, b] = [new Seeded(1).bytes(5000), new Seeded(2).bytes(5000)];
    const builders = [rsync.signature({ blockLength: 512 }), rsync.signature({ blockLength: 512 })] as const;
    const out: [Uint8Array[], Uint8Array[]] = [[], []];
    for (let at = 0; at < 5000; at += 100) {
      out[0].push(builders[0].update(a.subarray(at, at + 100)));
      out[1].push(builders[1].update(b.subarray(at, at + 100)));
    }
    expect(Buffer.concat([...out[0], builders[0].finish()])).toEqual(Buffer.from(signatureOf(rsync, { blockLength: 512 }, a)));
    expect(Buffer.concat([...out[1], builders[1].finish()])).toEqual(Buffer.from(signatureOf(rsync, { blockLength: 512 }, b)));
  });

  it("does not hold on to the chunks it is fed", () => {
    const bytes = new Seeded(3).bytes(1000);
    const reused = new Uint8Array(100);
    const builder = rsync.signature({ blockLength: 512 });
    const out: Uint8Array[] = [];
    for (let at = 0; at < 1000; at += 100) {
      reused.set(bytes.subarray(at, at + 100));
      out.push(builder.update(reused));
    }
    expect(Buffer.concat([...out, builder.finish()])).toEqual(Buffer.from(signatureOf(rsync, { blockLength: 512 }, bytes)));
  });

  it("refuses lengths the format cannot express", () => {
    for (const blockLength of [0, -1, 1.5, Number.NaN, 2 ** 31])
      expect(() => rsync.signature({ blockLength })).toThrow(RangeError);
    for (const strongLength of [0, 17]) expect(() => rsync.signature({ blockLength: 1, strongLength })).toThrow(RangeError);
    expect(() => rsync.signature({ blockLength: 1, strongLength: 32, format: "blake2" })).not.toThrow();
  });
});

describe("parsing a signature", () => {
  it("gives the same whole, in chunks and byte by byte", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat({ max: 30 }), fc.constantFrom(...FORMATS), (seed, blocks, format) => {
        const seeded = new Seeded(seed);
        const bytes = seeded.bytes(blocks * 10);
        const strongLength = 1 + seeded.below(16);
        const signature = signatureOf(rsync, { blockLength: 10, strongLength, format }, bytes);
        const tables = [parseSignature(signature), tableOf(...seeded.cut(signature, 40)), tableOf(...bytewise(signature))];
        const view = Buffer.from(signature);
        for (const table of tables) {
          expect(table).toMatchObject({ format, strongLength, blockLength: 10, count: blocks });
          for (let block = 0; block < blocks; block++) {
            const at = 12 + block * (4 + strongLength);
            expect(table.weakOf(block)).toBe(view.readInt32BE(at));
            expect(table.strongIs(block, view.subarray(at + 4, at + 4 + strongLength))).toBe(true);
          }
        }
      }),
    );
  });

  const refused: readonly (readonly [string, string, number])[] = [
    ["nothing", "", 0],
    ["a cut header", "72730136 00000200 000000", 11],
    ["an unknown magic", "72730138 00000200 00000008", 0],
    ["a delta", "72730236 00000200 00000008", 0],
    ["block length 0", "72730136 00000000 00000008", 4],
    ["a block length that librsync takes for negative", "72730136 80000000 00000008", 4],
    ["strong length 0", "72730136 00000200 00000000", 8],
    ["a strong length beyond MD4", "72730136 00000200 00000011", 8],
    ["a strong length beyond BLAKE2", "72730137 00000200 00000021", 8],
    ["an absurd strong length", "72730136 00000200 ffffffff", 8],
    ["a cut weak sum", "72730136 00000200 00000008 03c0", 14],
    ["a cut strong sum", "72730136 00000200 00000008 03c00180 90353ed2d3d2cd", 23],
  ];
  it.each(refused)("refuses %s", (_, text, offset) => {
    for (const chunks of [[hex(text)], bytewise(hex(text))]) {
      let error: unknown;
      try {
        tableOf(...chunks);
      } catch (thrown) {
        error = thrown;
      }
      expect(isDoppelError(error, "rsync.bad-signature") && error.data.offset).toBe(offset);
    }
  });

  it("is the same whatever length was expected", () => {
    const signature = signatureOf(rsync, { blockLength: 10 }, new Seeded(4).bytes(101));
    for (const expectedBytes of [0, 1, 12, signature.length - 1, signature.length, 100_000]) {
      const parser = new SignatureParser({ expectedBytes });
      for (const chunk of bytewise(signature)) parser.update(chunk);
      const table = parser.finish();
      expect(table.count).toBe(11);
      expect(Array.from({ length: 11 }, (_, block) => table.recordIs(block, signature, 12 + block * 12))).not.toContain(false);
    }
  });
});
