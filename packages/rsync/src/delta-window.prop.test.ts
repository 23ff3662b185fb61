import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeltaDecoder } from "./delta-decoder.ts";
import type { SignatureFormat } from "./formats.ts";
import { loadRsync } from "./rsync.ts";
import { SearchWindow } from "./search-window.ts";
import { parseSignature, SignatureParser } from "./signature-parser.ts";
import { Seeded } from "./testing/inputs.ts";
import { bytewise, deltaOf, patched, signatureOf, windowedDeltaOf } from "./testing/run.ts";

const rsync = await loadRsync();
const FORMATS: readonly SignatureFormat[] = ["md4", "blake2", "rabinkarp-md4", "rabinkarp-blake2"];
const RECORD = 12;

/** Chunks of one length, as a file is read. */
function read(file: Uint8Array, length: number): Uint8Array[] {
  const count = Math.ceil(file.length / length);
  return Array.from({ length: count }, (_, chunk) => file.subarray(chunk * length, (chunk + 1) * length));
}

const each = (chunks: readonly Uint8Array[]): Uint8Array[][] => chunks.map((chunk) => [chunk]);

describe("a delta against a signature longer than the window", () => {
  const cases = fc.record({
    seed: fc.integer(),
    size: fc.nat({ max: 40_000 }),
    alphabet: fc.constantFrom(1, 2, 256),
    blockLength: fc.constantFrom(16, 33, 64, 511),
    windowBlocks: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 13, max: 200 })),
    edits: fc.nat({ max: 6 }),
    format: fc.constantFrom(...FORMATS),
    chunk: fc.constantFrom(50, 700, 9000),
  });

  it("makes the file, however signature and chunks are cut, and whether or not its own signature is made along", () => {
    fc.assert(
      fc.property(cases, ({ seed, size, alphabet, blockLength, windowBlocks, edits, format, chunk }) => {
        const seeded = new Seeded(seed);
        const basis = seeded.bytes(size, alphabet);
        const file = seeded.edit(basis, edits, Math.max(4, size / 4));
        const options = { blockLength, format };
        const whole = signatureOf(rsync, options, basis);
        const windowed = { window: new SearchWindow(windowBlocks * RECORD), signature: seeded.cut(whole, 300) };
        const chunks = read(file, chunk);
        const delta = windowedDeltaOf(rsync, windowed, ...each(chunks));
        expect(Buffer.from(patched(basis, delta)).equals(file)).toBe(true);
        const same = [
          windowedDeltaOf(rsync, { ...windowed, signature: [whole] }, ...each(chunks)),
          windowedDeltaOf(rsync, windowed, ...chunks.map((bytes) => seeded.cut(bytes, chunk))),
          windowedDeltaOf(rsync, { ...windowed, own: options }, ...each(chunks)),
          windowedDeltaOf(rsync, { ...windowed, own: { blockLength: 64 } }, ...each(chunks)),
        ];
        for (const other of same) expect(Buffer.compare(other, delta)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("is the one against the whole signature when all of it fits", () => {
    fc.assert(
      fc.property(cases, ({ seed, size, alphabet, blockLength, edits, chunk }) => {
        const seeded = new Seeded(seed);
        const basis = seeded.bytes(size, alphabet);
        const file = seeded.edit(basis, edits, Math.max(4, size / 4));
        const signature = signatureOf(rsync, { blockLength }, basis);
        const windowed = { window: new SearchWindow(signature.length - 12), signature: [signature] };
        const delta = windowedDeltaOf(rsync, windowed, ...each(read(file, chunk)));
        expect(Buffer.compare(delta, deltaOf(rsync, parseSignature(signature), file))).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("is the one against the whole signature when nothing has moved by a quarter of the window", () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer(),
          windowBlocks: fc.integer({ min: 40, max: 100 }),
          overwritten: fc.nat({ max: 8 }),
          grown: fc.nat({ max: 900 }),
          along: fc.boolean(),
        }),
        ({ seed, windowBlocks, overwritten, grown, along }) => {
          const seeded = new Seeded(seed);
          const blockLength = 128; // a quarter of 40 of them is 1280 bytes; a chunk and a block may be on their way
          const basis = seeded.bytes(60_000);
          const file = Buffer.concat([seeded.bytes(grown), basis]);
          for (let i = 0; i < overwritten; i++) file.set(seeded.bytes(300), seeded.below(file.length - 300));
          const signature = signatureOf(rsync, { blockLength }, basis);
          const windowed = {
            window: new SearchWindow(windowBlocks * RECORD),
            signature: [signature],
            ...(along && { own: { blockLength } }),
          };
          const delta = windowedDeltaOf(rsync, windowed, ...each(read(file, 100)));
          expect(Buffer.compare(delta, deltaOf(rsync, parseSignature(signature), file))).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("is the same in memory that was used before", () => {
    const window = new SearchWindow(100 * RECORD);
    fc.assert(
      fc.property(cases, ({ seed, size, alphabet, blockLength, edits, format, chunk }) => {
        const seeded = new Seeded(seed);
        const basis = seeded.bytes(size, alphabet);
        const chunks = each(read(seeded.edit(basis, edits, Math.max(4, size / 4)), chunk));
        const signature = [signatureOf(rsync, { blockLength, format, strongLength: 1 + seeded.below(16) }, basis)];
        const fresh = windowedDeltaOf(rsync, { window: new SearchWindow(window.bytes), signature }, ...chunks);
        expect(Buffer.compare(windowedDeltaOf(rsync, { window, signature }, ...chunks), fresh)).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it("copies what it finds again, and has as literals what has moved further than the window", () => {
    const seeded = new Seeded(1);
    const [basis, added] = [seeded.bytes(512 * 400), seeded.bytes(512 * 150)];
    const signature = signatureOf(rsync, { blockLength: 512 }, basis);
    const copied = (file: Uint8Array): number => {
      const delta = windowedDeltaOf(
        rsync,
        { window: new SearchWindow(100 * RECORD), signature: [signature] },
        ...each(read(file, 1024)),
      );
      expect(Buffer.from(patched(basis, delta)).equals(file)).toBe(true);
      return new DeltaDecoder().update(delta).reduce((sum, each) => sum + (each.kind === "copy" ? each.length : 0), 0);
    };
    expect(copied(Buffer.concat([added.subarray(0, 512 * 20), basis]))).toBe(basis.length);
    // The last window, of blocks 300 to 400, is not left again, however long the file.
    expect(copied(Buffer.concat([basis.subarray(0, 512 * 200), added, basis.subarray(512 * 200)]))).toBe(512 * (200 + 100));
    expect(copied(Buffer.concat([added, basis]))).toBe(512 * 100);
    expect(copied(Buffer.concat([added, basis.subarray(0, 512 * 300)]))).toBe(0);
    expect(copied(basis.subarray(0, 512 * 399 + 7))).toBe(512 * 399);
    expect(copied(basis)).toBe(basis.length);
  });
});

describe("the parts of a signature", () => {
  const basis = new Seeded(2).bytes(16 * 100 + 5);
  const signature = signatureOf(rsync, { blockLength: 16 }, basis);
  const whole = parseSignature(signature);

  it("hold no more than the window, and each block under its number in the whole", () => {
    const parser = new SignatureParser({ window: new SearchWindow(20 * RECORD + 11), expectedBytes: signature.length });
    const pieces = bytewise(signature).values();
    const parts: string[] = [];
    for (let position = 0; position < basis.length; position += 16) {
      if (position > 0 && !parser.moveTo(position)) continue;
      while (!parser.isFull) {
        const { value, done } = pieces.next();
        if (done) {
          parser.finish();
          break;
        }
        parser.update(value);
      }
      const { table } = parser;
      parts.push(`${position / 16}: ${table.first} to ${table.end}${table.isLast ? ", the last" : ""}`);
      for (let block = table.first; block < table.end; block++) {
        expect(table.weakOf(block)).toBe(whole.weakOf(block));
        expect(table.recordIs(block, signature, 12 + block * RECORD)).toBe(true);
      }
    }
    expect(parts.slice(0, 3)).toEqual(["0: 0 to 20", "15: 10 to 30", "25: 20 to 40"]);
    expect(parts.at(-1)).toBe("95: 90 to 101, the last");
  });

  it("are not refused for a record that is cut off behind the first: it is not there", () => {
    const parser = new SignatureParser({ window: new SearchWindow(60 * RECORD) });
    parser.update(signature.subarray(0, -3));
    expect(parser.isFull).toBe(true);
    expect(parser.moveTo(16 * 45 - 1)).toBe(false);
    expect(parser.moveTo(16 * 45)).toBe(true);
    expect(parser.moveTo(16 * 90)).toBe(true);
    expect(parser.isFull).toBe(false);
    const table = parser.finish();
    expect([table.first, table.end, table.isLast]).toEqual([60, 100, true]);
    const cut = new SignatureParser({ window: new SearchWindow(101 * RECORD) });
    cut.update(signature.subarray(0, -3));
    expect(() => cut.finish()).toThrow(/inside a record/);
  });
});
