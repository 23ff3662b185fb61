import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { loadDeflater, loadOwnDeflater } from "./deflater.ts";
import { sampleOf, seeded } from "./testing/samples.ts";

const CAPACITY = 1 << 20;
const deflater = (await loadOwnDeflater(CAPACITY))!;
const LEVELS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** Bytes of the piece's stream, after inflating has shown that it is right. */
function sizeOf(bytes: Uint8Array, level: number): number {
  deflater.input.set(bytes);
  const stream = deflater.deflate(bytes.length, level, true);
  expect(Buffer.compare(inflateRawSync(stream), bytes)).toBe(0);
  return stream.length;
}

function random(length: number, from = 1): Uint8Array {
  return sampleOf([{ kind: "random", length, from }]);
}

/** Each symbol as often as its count says, shuffled. */
function withFrequencies(counts: readonly number[], seed: number): Uint8Array {
  const bytes = counts.flatMap((count, symbol) => Array<number>(count).fill(symbol));
  const next = seeded(seed);
  for (let i = bytes.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [bytes[i], bytes[j]] = [bytes[j]!, bytes[i]!];
  }
  return Uint8Array.from(bytes);
}

describe.each(LEVELS)("level %i", (level) => {
  test("an empty piece, alone and not last", () => {
    expect(sizeOf(new Uint8Array(0), level)).toBe(5);
    expect([...deflater.deflate(0, level, false)]).toEqual([0, 0, 0, 0xff, 0xff]);
  });

  test("one symbol: matches of the longest length, 258, at distance 1", () => {
    for (const length of [1, 2, 3, 4, 257, 258, 259, 260, 517, 1000]) sizeOf(new Uint8Array(length).fill(120), level);
    // A byte of codes holds eight matches at most.
    expect(sizeOf(new Uint8Array(1_000_000), level)).toBeLessThan(1_000_000 / 258 / 2);
  });

  test("distance 32768 is used, 32769 is not", () => {
    const at = (distance: number): number => {
      const part = random(400);
      return sizeOf(Buffer.concat([part, new Uint8Array(distance - part.length), part]), level);
    };
    expect(at(32_769) - at(32_768)).toBeGreaterThan(300);
  });

  test("literals alone, no distances", () => {
    sizeOf(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      level,
    );
    expect(sizeOf(withFrequencies(Array<number>(16).fill(20), 3), level)).toBeLessThan(320);
  });

  test("codes that would be longer than 15 bits: Fibonacci's frequencies", () => {
    const fibonacci = [1, 1];
    while (fibonacci.length < 22) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
    sizeOf(withFrequencies(fibonacci, level), level);
  });

  test("a description whose code would be longer than 7 bits: lengths of codes in Fibonacci's frequencies", () => {
    // Of 2^n occurrences each symbol has a code of about 15 - n bits; so many symbols have each.
    const counts = [1, 2, 3, 5, 8, 13, 21, 34, 55].flatMap((symbols, n) => Array<number>(symbols).fill(2 ** Math.max(0, 8 - n)));
    sizeOf(withFrequencies(counts, level), level);
  });

  test("what nothing can be made of is stored, and costs 5 bytes in 65,535", () => {
    const bytes = random(CAPACITY);
    expect(sizeOf(bytes, level)).toBeLessThanOrEqual(CAPACITY + 5 * 17 + 8);
  });

  test("random bytes that repeat are not stored twice", () => {
    const part = random(20_480);
    expect(sizeOf(Buffer.concat([part, part, part]), level)).toBeLessThan(1.1 * part.length);
  });

  test("the worst of both: text and random bytes by turns", () => {
    const turns = Array.from(
      { length: 120 },
      (_, i) => ({ kind: i % 2 === 0 ? "random" : "text", length: 4096 + (i % 7), from: i }) as const,
    );
    const bytes = sampleOf(turns, CAPACITY);
    expect(sizeOf(bytes, level)).toBeLessThan(0.8 * bytes.length);
  });
});

test("sizes do not grow with the level", () => {
  const bytes = sampleOf([
    { kind: "text", length: 200_000, from: 1 },
    { kind: "records", length: 200_000, from: 2 },
    { kind: "random", length: 50_000, from: 3 },
    { kind: "text", length: 100_000, from: 4 },
  ]);
  const sizes = [0, ...LEVELS].map((level) => sizeOf(bytes, level));
  for (const [level, size] of sizes.entries()) expect(size, `level ${level}`).toBeLessThanOrEqual(sizes[level - 1] ?? Infinity);
});

test("memory does not grow", () => {
  const { buffer } = deflater.input;
  const before = buffer.byteLength;
  for (let i = 0; i < 30; i++) sizeOf(random(CAPACITY - i, i), (i % 9) + 1);
  expect(deflater.input.buffer).toBe(buffer);
  expect(buffer.byteLength).toBe(before);
  expect(before).toBeLessThan(3.2 * CAPACITY);
});

test("a piece over the capacity is refused", async () => {
  const small = await loadDeflater(100);
  expect(small.input.length).toBe(100);
  expect(() => small.deflate(101, 6, true)).toThrow("a piece of 101 bytes, where 100 are the most");
  for (const level of [-1, 10, 1.5, Number.NaN]) expect(() => small.deflate(10, level, true)).toThrow("they go from 0 to 9");
  expect(() => small.deflate(1.5, 6, true)).toThrow("a piece of 1.5 bytes");
});
