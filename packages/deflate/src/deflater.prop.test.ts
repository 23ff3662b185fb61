import { inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Deflater, loadOwnDeflater, zlibDeflater } from "./deflater.ts";
import { sampleOf, type Stretch } from "./testing/samples.ts";

const CAPACITY = 256 * 1024;
const own = (await loadOwnDeflater(CAPACITY))!;
const other = (await loadOwnDeflater(CAPACITY))!;

const stretch: fc.Arbitrary<Stretch> = fc.record({
  kind: fc.constantFrom("random", "text", "zeros", "records", "repeat"),
  length: fc.oneof(fc.nat(300), fc.nat(5000), fc.nat(40_000)),
  from: fc.nat(33_000),
});
const piece = fc.array(stretch, { maxLength: 8 }).map((stretches) => sampleOf(stretches, CAPACITY));
const level = fc.integer({ min: 0, max: 9 });

function deflated(deflater: Deflater, bytes: Uint8Array, at: number, last: boolean): Uint8Array {
  deflater.input.set(bytes);
  return Uint8Array.from(deflater.deflate(bytes.length, at, last));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

test.each([
  ["ours", own],
  ["zlib's", zlibDeflater(CAPACITY)],
])("pieces joined inflate to the whole: %s", (_, deflater) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, level), { minLength: 1, maxLength: 3 }), (pieces) => {
      const parts = pieces.map(([bytes, at], index) => deflated(deflater, bytes, at, index === pieces.length - 1));
      return same(inflateRawSync(Buffer.concat(parts)), Buffer.concat(pieces.map(([bytes]) => bytes)));
    }),
    { numRuns: 150 },
  );
});

test("inflating can begin at any piece", () => {
  fc.assert(
    fc.property(piece, piece, level, (first, second, at) => {
      deflated(own, first, at, false);
      return same(inflateRawSync(deflated(own, second, at, true)), second);
    }),
    { numRuns: 60 },
  );
});

test("a piece is the same bytes whatever came before it", () => {
  fc.assert(
    fc.property(piece, piece, level, level, (before, bytes, atBefore, at) => {
      deflated(own, before, atBefore, false);
      return same(deflated(own, bytes, at, true), deflated(other, bytes, at, true));
    }),
    { numRuns: 100 },
  );
});

test("all short lengths at all levels", () => {
  const bytes = sampleOf([
    { kind: "text", length: 60, from: 1 },
    { kind: "repeat", length: 40, from: 30 },
    { kind: "random", length: 30, from: 2 },
  ]);
  for (let length = 0; length <= bytes.length; length++) {
    for (let at = 0; at <= 9; at++) {
      const part = bytes.subarray(0, length);
      expect(
        same(
          inflateRawSync(Buffer.concat([deflated(own, part, at, false), deflated(own, part, at, true)])),
          Buffer.concat([part, part]),
        ),
      ).toBe(true);
    }
  }
});

test("every length around granules and stored blocks, up to the capacity", () => {
  const bytes = sampleOf(
    Array.from({ length: 40 }, (_, i) => ({ kind: i % 3 === 0 ? "random" : "text", length: 8192, from: i }) as const),
    CAPACITY,
  );
  for (const around of [4096, 8192, 12_288, 32_768, 65_535, 65_536, 70_000, CAPACITY - 2]) {
    for (let length = around - 2; length <= around + 2; length++) {
      for (const at of [0, 1, 4, 6, 9])
        expect(same(inflateRawSync(deflated(own, bytes.subarray(0, length), at, true)), bytes.subarray(0, length))).toBe(true);
    }
  }
});
