import { expect, it } from "vitest";
import { blockLengthFor, signatureLength } from "./lengths.ts";

it("chooses block lengths as stock 0.8 does (spec 4.3)", () => {
  const table: readonly (readonly [number, number])[] = [
    [0, 512],
    [262_144, 512],
    [1_023_999, 512],
    [1_024_000, 512],
    [2_047_999, 512],
    [2_048_000, 1024],
    [3_072_000, 1536],
    [4_096_000, 2048],
    [5_000_000, 2048],
    [10 ** 9, 2048],
    [5 * 10 ** 12, 2048],
  ];
  for (const [size, expected] of table) expect(blockLengthFor(size), `${size}`).toBe(expected);
  expect(blockLengthFor(10 ** 9, 65_536)).toBe(65_536);
  expect(blockLengthFor(10 ** 7, 65_536)).toBe(9 * 512);
});

it("knows the length of a signature beforehand", () => {
  expect(signatureLength(0, 512)).toBe(12);
  expect(signatureLength(1, 512)).toBe(24);
  expect(signatureLength(512, 512)).toBe(24);
  expect(signatureLength(513, 512)).toBe(36);
  expect(signatureLength(5 * 10 ** 12, 2048, 16)).toBe(12 + 2_441_406_250 * 20);
});
