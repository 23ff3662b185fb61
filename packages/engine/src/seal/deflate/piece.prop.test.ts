import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { concatBytes } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deflatePiece } from "./piece.ts";
import { runsOf } from "./runs.ts";

const text = (length: number): Uint8Array =>
  Buffer.from("some words that come again and again; ".repeat(1 + length / 38)).subarray(0, length);
const random = (length: number): Uint8Array => randomBytes(length);

/** What trees are made of: text, compressed files, zeros, repetitions, in parts that end anywhere. */
const parts = fc
  .array(fc.record({ kind: fc.constantFrom("text", "random", "zeros", "again"), length: fc.integer({ min: 0, max: 70_000 }) }), {
    maxLength: 7,
  })
  .map((wanted) => {
    const made: Uint8Array[] = [];
    for (const { kind, length } of wanted) {
      if (kind === "text") made.push(text(length));
      if (kind === "random") made.push(random(length));
      if (kind === "zeros") made.push(new Uint8Array(length));
      if (kind === "again") made.push((made.at(-1) ?? random(length)).subarray(0, length));
    }
    return concatBytes(made);
  });
const level = fc.integer({ min: 0, max: 9 });

describe("deflatePiece", () => {
  it("makes what any inflater understands, of one piece and of pieces joined in order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { minLength: 1, maxLength: 3 }), level, async (pieces, level) => {
        const last = pieces.length - 1;
        const made = await Promise.all(pieces.map((piece, index) => deflatePiece(piece.slice(), level, index === last)));
        expect(inflateRawSync(concatBytes(made)).equals(concatBytes(pieces))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("ends every piece where inflation can begin anew", async () => {
    await fc.assert(
      fc.asyncProperty(parts, parts, level, async (before, piece, level) => {
        await deflatePiece(before.slice(), level, false);
        const alone = await deflatePiece(piece.slice(), level, false);
        expect(inflateRawSync(alone, { finishFlush: constants.Z_SYNC_FLUSH }).equals(piece)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it("is never more than a little larger than its input, and for text as small as zlib", async () => {
    const noise = random(1 << 20);
    expect((await deflatePiece(noise.slice(), 6, true)).length).toBeLessThanOrEqual(noise.length + 5 * 17);
    const prose = text(1 << 20);
    expect((await deflatePiece(prose.slice(), 6, true)).length).toBe(deflateRawSync(prose, { level: 6 }).length);
  });
});

describe("runsOf", () => {
  const kinds = (piece: Uint8Array): readonly string[] =>
    runsOf(piece).map(({ start, end, compress }) => `${compress ? "deflate" : "store"} ${start / 4096}-${end / 4096}`);

  it("divides a piece without gaps, neighbours differ", () => {
    fc.assert(
      fc.property(parts, (piece) => {
        const runs = runsOf(piece);
        expect(runs.map(({ start }) => start)).toEqual(runs.length === 0 ? [] : [0, ...runs.slice(0, -1).map(({ end }) => end)]);
        expect(runs.at(-1)?.end ?? 0).toBe(piece.length);
        runs.slice(1).forEach((run, index) => expect(run.compress).not.toBe(runs[index]!.compress));
      }),
      { numRuns: 100 },
    );
  });

  it("stores what is random, and compresses the rest", () => {
    expect(kinds(concatBytes([text(8192), random(16_384), text(4096)]))).toEqual(["deflate 0-2", "store 2-6", "deflate 6-7"]);
    expect(kinds(text(5000))).toEqual([`deflate 0-${5000 / 4096}`]);
    expect(kinds(random(100))).toEqual([`deflate 0-${100 / 4096}`]); // too short to be judged
    expect(kinds(new Uint8Array(0))).toEqual([]);
  });

  it("sees repetitions of random bytes, as near as deflate does and no farther", () => {
    const once = random(8192);
    expect(kinds(concatBytes([once, once]))).toEqual(["store 0-2", "deflate 2-4"]);
    expect(kinds(concatBytes([once.subarray(0, 8192), random(100), once]))).toEqual(["store 0-2", `deflate 2-${4 + 100 / 4096}`]);
    expect(kinds(concatBytes([once, random(40_960), once]))).toEqual(["store 0-14"]);
  });

  it("is not deceived by records whose every fourth or eighth byte is random", () => {
    for (const record of [2, 4, 8]) {
      for (let lane = 0; lane < record; lane++) {
        const piece = random(16_384).map((byte, index) => (index % record === lane ? byte : 0));
        expect(kinds(piece)).toEqual(["deflate 0-4"]);
      }
    }
  });
});
