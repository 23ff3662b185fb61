import fc from "fast-check";
import { expect, it } from "vitest";
import type { SignatureFormat } from "./formats.ts";
import { loadRsync } from "./rsync.ts";
import { parseSignature } from "./signature-parser.ts";
import { Seeded } from "./testing/inputs.ts";
import { bytewise, deltaOf, deltaWithSignatureOf, patched, signatureOf } from "./testing/run.ts";

const rsync = await loadRsync();
const FORMATS: readonly SignatureFormat[] = ["md4", "blake2", "rabinkarp-md4", "rabinkarp-blake2"];

const files = fc.record({
  seed: fc.integer(),
  size: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 40_000 })),
  alphabet: fc.constantFrom(1, 2, 256),
  blockLength: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 511, 512, 700, 2048)),
  edits: fc.nat({ max: 6 }),
  format: fc.constantFrom(...FORMATS),
});

it("patch(basis, delta(signature(basis), file)) is file; whole = chunked = byte by byte", () => {
  fc.assert(
    fc.property(files, ({ seed, size, alphabet, blockLength, edits, format }) => {
      const seeded = new Seeded(seed);
      const basis = seeded.bytes(size, alphabet);
      const file = seeded.edit(basis, edits, Math.max(4, size / 4));
      const table = parseSignature(signatureOf(rsync, { blockLength, format }, basis));
      const delta = deltaOf(rsync, table, file);
      expect(Buffer.compare(deltaOf(rsync, table, ...seeded.cut(file, 3 * blockLength)), delta)).toBe(0);
      expect(Buffer.compare(deltaOf(rsync, table, ...seeded.cut(file, 50_000)), delta)).toBe(0);
      expect(Buffer.from(patched(basis, delta)).equals(file)).toBe(true);
      expect(Buffer.from(patched(basis, ...seeded.cut(delta, 100))).equals(file)).toBe(true);
      if (size < 1000) {
        expect(Buffer.compare(deltaOf(rsync, table, ...bytewise(file)), delta)).toBe(0);
        expect(Buffer.from(patched(basis, ...bytewise(delta))).equals(file)).toBe(true);
      }
    }),
    { numRuns: 80 },
  );
});

it("is the same when the file's own signature is made along with it, of whatever kind that is", () => {
  fc.assert(
    fc.property(
      files,
      fc.constantFrom(...FORMATS),
      fc.constantFrom(4, 8),
      fc.boolean(),
      (one, ownFormat, strongLength, alike) => {
        const { seed, size, alphabet, blockLength, edits, format } = one;
        const seeded = new Seeded(seed);
        const basis = seeded.bytes(size, alphabet);
        const file = seeded.edit(basis, edits, Math.max(4, size / 4));
        const old = { blockLength, format, strongLength };
        const own = alike ? old : { blockLength: blockLength + (seed & 1), format: ownFormat };
        const table = parseSignature(signatureOf(rsync, old, basis));
        const delta = deltaOf(rsync, table, file);
        for (const chunks of [[file], seeded.cut(file, 3 * blockLength), seeded.cut(file, 50_000)]) {
          expect(Buffer.compare(deltaWithSignatureOf(rsync, table, own, ...chunks), delta)).toBe(0);
        }
        if (size < 1000) expect(Buffer.compare(deltaWithSignatureOf(rsync, table, own, ...bytewise(file)), delta)).toBe(0);
      },
    ),
    { numRuns: 120 },
  );
});

it("is never longer than the file and its literal headers", () => {
  fc.assert(
    fc.property(files, ({ seed, size, alphabet, blockLength }) => {
      const seeded = new Seeded(seed);
      const table = parseSignature(signatureOf(rsync, { blockLength: Math.max(32, blockLength) }, seeded.bytes(size, alphabet)));
      const file = seeded.bytes(size, alphabet);
      expect(deltaOf(rsync, table, file).length).toBeLessThanOrEqual(file.length + 5 + 3 * Math.ceil(file.length / 32 + 1));
    }),
  );
});
