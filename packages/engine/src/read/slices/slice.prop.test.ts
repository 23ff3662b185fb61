import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { collectBytes } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../../job.ts";
import { Compressor } from "../../seal/compressor.ts";
import { Hasher } from "../../seal/hasher.ts";
import { Sealer } from "../../seal/sealer.ts";
import { sliceOf } from "./slice.ts";

const random = { bytes: (n: number) => Uint8Array.from(randomBytes(n)) };
const passphrase = "slices";

const ENVELOPES: readonly (readonly [string, Envelope])[] = [
  ["plain", { kind: "plain" }],
  ["gzip", { kind: "gzip" }],
  ["encrypted", { kind: "gpg", recipients: [], passphrase, compress: true }],
  ["encrypted, not compressed", { kind: "gpg", recipients: [], passphrase, compress: false }],
];

describe("a slice", () => {
  it.each(ENVELOPES)("of a volume, %s, is the bytes that were asked for", async (_, envelope) => {
    const spool = { tempDir: tmpdir(), memoryLimit: 1 << 20, random };
    const sealer = new Sealer({ envelope, level: 6, compressor: new Compressor(1), hasher: new Hasher(1), spool });
    const text = fc.array(fc.constantFrom("text ", "more of it ", randomBytes(60).toString("hex")), {
      minLength: 1,
      maxLength: 2000,
    });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 50, max: 9000 }), fc.nat(), fc.nat(), async (words, pieceBytes, a, b) => {
        const tar = Buffer.from(words.join(""));
        const writer = await sealer.openVolume(pieceBytes, 1, sealer.spool());
        for (let at = 0; at < tar.length; at += 7001) await writer.write(tar.subarray(at, at + 7001));
        await using object = await writer.finish();
        const bytes = Buffer.from(await collectBytes(object.body.open(), 1 << 24));
        const [x, y] = [a % tar.length, b % tar.length];
        for (const [from, to] of [
          [Math.min(x, y), Math.max(x, y) + 1],
          [0, 1],
          [0, tar.length],
          [tar.length - 1, tar.length],
        ] as const) {
          const slice = sliceOf({ number: 1, ...object.pieces }, from, to);
          const { start, end } = slice.range;
          const stored = async function* () {
            for (let at = start; at < end; at += 1000) yield bytes.subarray(at, Math.min(end, at + 1000));
          };
          expect(end).toBeLessThanOrEqual(bytes.length);
          expect(Buffer.from(await collectBytes(slice.tar(stored()), 1 << 24)).equals(tar.subarray(from, to))).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("of a large volume crosses the parts of the literal packet, and is small", async () => {
    const envelope: Envelope = { kind: "gpg", recipients: [], passphrase, compress: true };
    const spool = { tempDir: tmpdir(), memoryLimit: 1 << 26, random };
    const sealer = new Sealer({ envelope, level: 1, compressor: new Compressor(1), hasher: new Hasher(1), spool });
    const writer = await sealer.openVolume(1 << 20, 1, sealer.spool());
    const tar = randomBytes(5 << 20);
    await writer.write(tar);
    await using object = await writer.finish();
    const bytes = Buffer.from(await collectBytes(object.body.open(), 1 << 26));
    for (const from of [0, (1 << 20) - 9, (1 << 20) - 6, (1 << 20) - 5, (2 << 20) - 100, (5 << 20) - 600]) {
      const slice = sliceOf({ number: 1, ...object.pieces }, from, from + 512);
      const { start, end } = slice.range;
      expect(end - start).toBeLessThan((2 << 20) + 4096);
      const stored = async function* () {
        yield bytes.subarray(start, end);
      };
      expect(Buffer.from(await collectBytes(slice.tar(stored()), 1 << 24)).equals(tar.subarray(from, from + 512))).toBe(true);
    }
  });

  it("that the index makes up is refused", () => {
    const volume = {
      number: 3,
      tarBytes: 100,
      pieceBytes: 10,
      pieces: [5, 5],
      layout: { encoding: "gzip", headerBytes: 10 },
    } as const;
    expect(() => sliceOf(volume, 90, 101)).toThrow("volume 3 has no bytes 90 to 101");
    expect(() => sliceOf(volume, 90, 100)).toThrow("volume 3 has no piece 10");
  });
});
