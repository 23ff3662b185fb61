import { describe, expect, it } from "vitest";
import { BlockIndex } from "./block-index.ts";
import { type DeltaCommand, DeltaDecoder } from "./delta-decoder.ts";
import { encodeDelta } from "./delta-encoder.ts";
import { loadRsync } from "./rsync.ts";
import { parseSignature } from "./signature-parser.ts";
import { SignatureTable } from "./signature-table.ts";
import { loadStrongSums, type StrongSums } from "./strong-sum.ts";
import { Seeded } from "./testing/inputs.ts";
import { deltaOf, hex, patched, signatureOf } from "./testing/run.ts";

const rsync = await loadRsync();
const strongSums = await loadStrongSums();

function deltaBetween(basis: Uint8Array, file: Uint8Array, blockLength: number): Uint8Array {
  const delta = deltaOf(rsync, parseSignature(signatureOf(rsync, { blockLength }, basis)), file);
  expect(Buffer.from(patched(basis, delta)).equals(file)).toBe(true);
  return delta;
}

/** "copy 0 100" or "literal 5", in order. */
function commandsOf(delta: Uint8Array): string[] {
  const text = (command: DeltaCommand) =>
    command.kind === "copy" ? `copy ${command.offset} ${command.length}` : `literal ${command.bytes.length}`;
  return new DeltaDecoder().update(delta).map(text);
}

describe("the deltas of spec 4.4", () => {
  it("an unchanged file of 17 bytes", () => {
    const file = new Seeded(1).bytes(17);
    expect(deltaBetween(file, file, 512)).toEqual(new Uint8Array(hex("72730236 45 00 11 00")));
  });

  it("a file shorter than one block that grew", () => {
    const file = Buffer.from("content of old and new");
    expect(deltaBetween(file.subarray(0, 14), file, 512)).toEqual(
      new Uint8Array(Buffer.concat([hex("72730236 16"), file, hex("00")])),
    );
  });

  it("20 bytes overwritten in 300,000", () => {
    const basis = new Seeded(2).bytes(300_000);
    const file = basis.slice().fill(7, 100_000, 100_020);
    const delta = deltaBetween(basis, file, 512);
    expect(commandsOf(delta)).toEqual(["copy 0 99840", "literal 512", "copy 100352 199648"]);
    expect(delta.length).toBe(535);
  });

  it("11 bytes appended to 5,000,000", () => {
    const file = new Seeded(3).bytes(5_000_011);
    expect(commandsOf(deltaBetween(file.subarray(0, 5_000_000), file, 2560))).toEqual(["copy 0 4999680", "literal 331"]);
  });
});

describe("an encoder", () => {
  const basis = new Seeded(4).bytes(10_000);

  it("finds blocks that moved by any number of bytes", () => {
    const moved = Buffer.concat([Buffer.from("x"), basis.subarray(5120), Buffer.from("yz"), basis.subarray(0, 5120)]);
    expect(commandsOf(deltaBetween(basis, moved, 512))).toEqual(["literal 1", "copy 5120 4608", "literal 274", "copy 0 5120"]);
  });

  it("finds the short last block at the end, after whatever came before", () => {
    expect(commandsOf(deltaBetween(basis, Buffer.concat([Buffer.alloc(100, 1), basis.subarray(9728)]), 512))).toEqual([
      "literal 100",
      "copy 9728 272",
    ]);
  });

  it("makes literals of at most 32768 bytes, and only those of an empty basis", () => {
    const file = new Seeded(5).bytes(70_000);
    expect(commandsOf(deltaBetween(new Uint8Array(0), file, 512))).toEqual(["literal 32768", "literal 32768", "literal 4464"]);
    expect(deltaBetween(basis, new Uint8Array(0), 512)).toEqual(new Uint8Array(hex("72730236 00")));
  });

  it("chooses the narrowest fields at every border", () => {
    for (const length of [1, 64, 65, 255, 256]) {
      const literal = deltaOf(rsync, parseSignature(signatureOf(rsync, { blockLength: 1 })), new Uint8Array(length));
      expect(literal.length - length - 5).toBe(length <= 64 ? 1 : length <= 255 ? 2 : 3);
    }
    const long = new Seeded(7).bytes(200_000);
    expect(deltaBetween(long, long.subarray(0, 512 * 127), 512).length).toBe(5 + 1 + 1 + 2);
    expect(deltaBetween(long, long.subarray(512 * 127, 512 * 130), 512).length).toBe(5 + 1 + 2 + 2);
    expect(deltaBetween(long, long.subarray(512 * 128, 512 * 128 + 512 * 200), 512).length).toBe(5 + 1 + 4 + 4);
  });

  it("joins the copies of repetitive files", () => {
    for (const period of [1, 7, 512, 4096]) {
      const pattern = new Seeded(period).bytes(period);
      const zeros = Buffer.alloc(400_000, pattern);
      const longer = Buffer.concat([zeros, Buffer.from("1234")]);
      expect(deltaBetween(zeros, longer, 512).length, `period ${period}`).toBeLessThan(1000);
    }
  });

  it("treats blocks too long to hold as not there", () => {
    const file = new Seeded(8).bytes(100_000);
    const signature = Buffer.from(signatureOf(rsync, { blockLength: 512 }, file));
    signature.writeUInt32BE(0x7fff_ffff, 4);
    const delta = deltaOf(rsync, parseSignature(signature), file);
    expect(Buffer.from(patched(new Uint8Array(0), delta)).equals(file)).toBe(true);
  });
});

describe("the work an encoder does", () => {
  /** The bytes hashed while encoding, with a signature whose blocks all have the weak sum of zeros but other strong sums. */
  function hashedFor(size: number, blocks: number): number {
    const honest = signatureOf(rsync, { blockLength: 512 }, new Uint8Array(512 * blocks));
    for (let at = 16; at < honest.length; at += 12) new DataView(honest.buffer).setUint32(at, at);
    let hashed = 0;
    const { md4 } = strongSums;
    const counting: StrongSums = {
      ...strongSums,
      md4: {
        length: md4.length,
        one(bytes, start, end) {
          hashed += end - start;
          return md4.one(bytes, start, end);
        },
        many(bytes, start, blockLength, count) {
          hashed += blockLength * count;
          return md4.many(bytes, start, blockLength, count);
        },
      },
    };
    const encoder = encodeDelta(parseSignature(honest), counting);
    encoder.update(new Uint8Array(size));
    encoder.finish();
    return hashed;
  }

  it("stays linear when every window meets a weak sum", () => {
    const allowance = 2 ** 20 + 4096;
    expect(hashedFor(100_000, 1)).toBeLessThan(16 * 100_000 + allowance);
    expect(hashedFor(1_000_000, 1000)).toBeLessThan(16 * 1_000_000 + allowance);
  });

  it("stays linear when all blocks of a signature have one weak sum", () => {
    let looks = 0;
    class Counting extends SignatureTable {
      override weakOf(block: number): number {
        looks++;
        return super.weakOf(block);
      }
    }
    const count = 20_000;
    const records = new Uint8Array(count * 12);
    for (let block = 0; block < count; block++) new DataView(records.buffer).setUint32(block * 12 + 4, block);
    const index = new BlockIndex(new Counting({ format: "md4", blockLength: 512, strongLength: 8 }, records, count));
    expect(looks).toBeLessThan(count * 130);
    looks = 0;
    expect(index.find(0, new Uint8Array(16).fill(9))).toBe(-1);
    expect(index.find(0, new Uint8Array(16))).toBe(0);
    expect(looks).toBeLessThan(260);
  });

  it("keeps only the first of equal blocks, however many", () => {
    const table = parseSignature(signatureOf(rsync, { blockLength: 512 }, new Uint8Array(512 * 50_000)));
    const digest = strongSums.md4.one(new Uint8Array(512), 0, 512);
    expect(new BlockIndex(table).find(table.weakOf(0), digest)).toBe(0);
  });
});
