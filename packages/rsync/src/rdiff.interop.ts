import { afterAll, describe, expect, it } from "vitest";
import { loadRsync } from "./rsync.ts";
import { parseSignature } from "./signature-parser.ts";
import {
  compareDeltas,
  compareHostileDeltas,
  compareHostileSignatures,
  compareSignatures,
  compareWindowedDeltas,
  FORMATS,
} from "./testing/differential.ts";
import { Seeded } from "./testing/inputs.ts";
import { Rdiff, rdiffVersion } from "./testing/rdiff.ts";
import { deltaOf, signatureOf } from "./testing/run.ts";

const version = rdiffVersion();
const required = process.env["DOPPEL_REQUIRE_INTEROP"] === "1";
if (version === undefined) console.warn("SKIPPED: rdiff is not installed, nothing here was compared with librsync");
else console.info(`compared with ${version}`);

const rsync = await loadRsync();

// When rdiff is required and missing, the tests run, and fail.
describe.skipIf(version === undefined && !required)("against rdiff", () => {
  const rdiff = new Rdiff();
  const sides = { rsync, rdiff };
  afterAll(() => rdiff.close());

  describe.each(FORMATS)("%s", (format) => {
    it("makes the same signatures, around every border of a block", () => {
      const seeded = new Seeded(1);
      for (let run = 0; run < 20; run++) compareSignatures(sides, seeded, format);
    });

    it("makes deltas rdiff applies, applies deltas rdiff makes, and ours are no longer", () => {
      const seeded = new Seeded(2);
      for (let run = 0; run < 10; run++) compareDeltas(sides, seeded, format);
    });

    it("makes deltas rdiff applies when the signature is longer than the window", () => {
      const seeded = new Seeded(6);
      for (let run = 0; run < 15; run++) compareWindowedDeltas(sides, seeded, format);
    });

    it("refuses damaged signatures as rdiff does, and is not misled by the others", () => {
      const seeded = new Seeded(3);
      const outcomes = new Set<string>();
      for (let run = 0; run < 25; run++) outcomes.add(compareHostileSignatures(sides, seeded, format));
      expect(outcomes.size).toBe(2);
    });
  });

  it("agrees on damaged deltas: the same file, or both refuse", () => {
    const seeded = new Seeded(4);
    const outcomes = new Set<string>();
    for (let run = 0; run < 80; run++) outcomes.add(compareHostileDeltas(sides, seeded));
    expect(outcomes.size).toBe(2);
  });

  it("writes the same delta where there is nothing to choose", () => {
    const seeded = new Seeded(5);
    for (const blockLength of [512, 2048]) {
      const basis = seeded.bytes(500_000);
      const signature = signatureOf(rsync, { blockLength }, basis);
      for (const edits of [0, 1, 5, 20]) {
        const file = seeded.edit(basis, edits, 500);
        const ours = deltaOf(rsync, parseSignature(signature), file);
        expect(Buffer.from(ours).equals(rdiff.delta(signature, file) as Uint8Array)).toBe(true);
      }
    }
  });

  it("has far shorter deltas of repetitive files", () => {
    const basis = new Uint8Array(1_000_000);
    const file = new Uint8Array(1_000_004);
    const signature = signatureOf(rsync, { blockLength: 512 }, basis);
    const ours = deltaOf(rsync, parseSignature(signature), file);
    expect(Buffer.from(file).equals(rdiff.patch(basis, ours) as Uint8Array)).toBe(true);
    expect(ours.length).toBeLessThan(rdiff.delta(signature, file).length / 100);
  });
});
