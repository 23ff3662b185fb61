import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rabinkarp, RabinKarpWindow } from "./rabinkarp.ts";
import { rollsum, RollsumWindow } from "./rollsum.ts";
import { loadRollsumLanes } from "./rollsum-lanes.ts";
import { Seeded } from "./testing/inputs.ts";

/** Spec 4.3, word by word. */
function rollsumByDefinition(block: Uint8Array): number {
  let s1 = 0n;
  let s2 = 0n;
  block.forEach((byte, i) => {
    s1 += BigInt(byte + 31);
    s2 += BigInt(block.length - i) * BigInt(byte + 31);
  });
  return Number(BigInt.asIntN(32, (s2 % 65536n) * 65536n + (s1 % 65536n)));
}

function rabinkarpByDefinition(block: Uint8Array): number {
  let hash = 1n;
  for (const byte of block) hash = (hash * 0x08104225n + BigInt(byte)) % 2n ** 32n;
  return Number(BigInt.asIntN(32, hash));
}

const kinds = [
  { name: "rollsum", sum: rollsum, byDefinition: rollsumByDefinition, window: () => new RollsumWindow() },
  { name: "rabinkarp", sum: rabinkarp, byDefinition: rabinkarpByDefinition, window: () => new RabinKarpWindow() },
];

describe.each(kinds)("$name", ({ sum, byDefinition, window }) => {
  it("is what the definition says, at any length", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (block) => sum(block, 0, block.length) === byDefinition(block)));
    for (const length of [4096, 65_535, 200_001]) {
      const block = new Seeded(length).bytes(length);
      expect(sum(block, 0, length)).toBe(byDefinition(block));
      expect(sum(block.fill(255), 0, length)).toBe(byDefinition(block));
    }
  });

  it("slides and shrinks to what a fresh sum would be", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 80 }), fc.nat({ max: 78 }), (bytes, extra) => {
        const length = 1 + Math.min(extra, bytes.length - 1);
        const sliding = window();
        sliding.start(bytes, 0, length);
        let at = 0;
        for (; at + length < bytes.length; at++) {
          expect(sliding.digest()).toBe(sum(bytes, at, at + length));
          sliding.roll(bytes, at);
        }
        for (; at < bytes.length; at++) {
          expect(sliding.digest()).toBe(sum(bytes, at, bytes.length));
          sliding.shrink(bytes, at);
        }
        sliding.start(bytes, 0, 1);
        expect(sliding.digest()).toBe(sum(bytes, 0, 1));
      }),
    );
  });

  it("seeks to the limit where nothing can be, and stays where something may", () => {
    const bytes = new Seeded(1).bytes(5000);
    const sliding = window();
    sliding.start(bytes, 0, 512);
    expect(sliding.seek(bytes, 0, 4000, { words: new Int32Array(2), shift: 31 })).toBe(4000);
    expect(sliding.digest()).toBe(sum(bytes, 4000, 4512));
    expect(sliding.seek(bytes, 4000, 4488, { words: new Int32Array(2).fill(-1), shift: 31 })).toBe(4000);
  });
});

describe("rollsums in vectors", async () => {
  const lanes = await loadRollsumLanes();

  it.skipIf(!lanes)("are those of the blocks one by one", () => {
    for (const length of [16, 48, 512, 700 * 16, 2048, 65_536]) {
      for (const count of [1, 3, 64].filter((blocks) => blocks * length < 3_000_000)) {
        const bytes = new Seeded(length + count).bytes(5 + count * length);
        if (count === 3) bytes.fill(255);
        const expected = Array.from({ length: count }, (_, block) =>
          rollsum(bytes, 5 + block * length, 5 + (block + 1) * length),
        );
        expect([...lanes!(bytes, 5, length, count)!.subarray(0, count)]).toEqual(expected);
      }
    }
  });

  it.skipIf(!lanes)("leave alone what they are not made for", () => {
    for (const length of [1, 15, 511, 65_552]) expect(lanes!(new Uint8Array(length), 0, length, 1)).toBeUndefined();
  });
});

it("sums AAAA to spec B.2's value", () => {
  expect(rollsum(Buffer.from("AAAA"), 0, 4)).toBe(0x03c00180);
});
