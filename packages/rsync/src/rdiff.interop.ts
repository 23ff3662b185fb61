import { afterAll, describe, expect, it } from "vitest";
import type { SignatureFormat } from "./formats.ts";
import { loadRsync } from "./rsync.ts";
import { parseSignature } from "./signature-table.ts";
import { mutateDelta, mutateSignature } from "./testing/hostile.ts";
import { Seeded } from "./testing/inputs.ts";
import { Rdiff, rdiffVersion } from "./testing/rdiff.ts";
import { deltaOf, orRefused, patched, signatureOf } from "./testing/run.ts";

const version = rdiffVersion();
const required = process.env["DOPPEL_REQUIRE_INTEROP"] === "1";
if (version === undefined) console.warn("SKIPPED: rdiff is not installed, nothing here was compared with librsync");
else console.info(`compared with ${version}`);

const rsync = await loadRsync();
const FORMATS: readonly { format: SignatureFormat; strongLengths: readonly number[] }[] = [
  { format: "md4", strongLengths: [1, 8, 16] },
  { format: "blake2", strongLengths: [8, 32] },
  { format: "rabinkarp-md4", strongLengths: [8, 16] },
  { format: "rabinkarp-blake2", strongLengths: [5, 32] },
];

describe.skipIf(version === undefined && !required)("against rdiff", () => {
  const rdiff = new Rdiff();
  afterAll(() => rdiff.close());

  describe.each(FORMATS)("$format", ({ format, strongLengths }) => {
    it("makes the same signatures, around every border of a block", () => {
      const seeded = new Seeded(1);
      for (const blockLength of [1, 13, 512, 2048]) {
        for (const size of [0, 1, blockLength - 1, blockLength, blockLength + 1, 3 * blockLength - 1, 3 * blockLength, 20_000]) {
          const bytes = seeded.bytes(size);
          const strongLength = seeded.pick(strongLengths);
          const ours = signatureOf(rsync, { blockLength, strongLength, format }, ...seeded.cut(bytes, 3000));
          expect(Buffer.from(ours).equals(got(rdiff.signature(bytes, format, blockLength, strongLength)))).toBe(true);
        }
      }
    });

    it("makes deltas rdiff applies, applies deltas rdiff makes, and neither are longer", () => {
      const seeded = new Seeded(2);
      for (let run = 0; run < 8; run++) {
        const basis = seeded.bytes(seeded.below(60_000), seeded.pick([1, 2, 256, 256]));
        const file = seeded.edit(basis, seeded.below(6), 5000);
        const blockLength = seeded.pick([16, 100, 512, 700, 2048]);
        const signature = got(rdiff.signature(basis, format, blockLength, Math.max(...strongLengths)));
        const theirs = got(rdiff.delta(signature, file));
        const ours = deltaOf(rsync, parseSignature(signature), ...seeded.cut(file, 10_000));
        expect(Buffer.from(got(rdiff.patch(basis, ours))).equals(file)).toBe(true);
        expect(Buffer.from(patched(basis, ...seeded.cut(theirs, 500))).equals(file)).toBe(true);
        expect(ours.length).toBeLessThanOrEqual(theirs.length * 1.01 + 16);
      }
    });
  });

  it("writes the same delta where there is nothing to choose", () => {
    const seeded = new Seeded(3);
    for (const blockLength of [512, 2048]) {
      const basis = seeded.bytes(500_000);
      const signature = signatureOf(rsync, { blockLength }, basis);
      for (const edits of [0, 1, 5, 20]) {
        const file = seeded.edit(basis, edits, 500);
        const ours = deltaOf(rsync, parseSignature(signature), file);
        expect(Buffer.from(ours).equals(got(rdiff.delta(signature, file)))).toBe(true);
      }
    }
  });

  it("has shorter deltas of repetitive files", () => {
    const basis = new Uint8Array(1_000_000);
    const file = new Uint8Array(1_000_004);
    const signature = signatureOf(rsync, { blockLength: 512 }, basis);
    const ours = deltaOf(rsync, parseSignature(signature), file);
    expect(Buffer.from(got(rdiff.patch(basis, ours))).equals(file)).toBe(true);
    expect(ours.length).toBeLessThan(got(rdiff.delta(signature, file)).length / 100);
  });

  it("agrees on truncated and mutated deltas: the same file, or both refuse", () => {
    const seeded = new Seeded(4);
    const basis = seeded.bytes(2000);
    const outcomes = new Set<string>();
    for (let run = 0; run < 150; run++) {
      const delta = mutateDelta(
        seeded,
        deltaOf(rsync, parseSignature(signatureOf(rsync, { blockLength: 64 }, basis)), seeded.edit(basis, 3, 200)),
      );
      const ours = orRefused("rsync.bad-delta", () => patched(basis, ...seeded.cut(delta, 50)));
      const theirs = rdiff.patch(basis, delta);
      outcomes.add(ours === "refused" ? "refused" : "applied");
      expect(shown(ours), Buffer.from(delta).toString("hex")).toBe(shown(theirs));
    }
    expect(outcomes.size).toBe(2);
  });

  it("refuses every damaged signature rdiff refuses; a delta from any other makes the file of its basis or is refused", () => {
    const seeded = new Seeded(5);
    const basis = seeded.bytes(2000);
    const file = seeded.edit(basis, 2, 100);
    for (let run = 0; run < 80; run++) {
      const { format, strongLengths } = seeded.pick(FORMATS);
      const options = { blockLength: 64, strongLength: Math.max(...strongLengths), format };
      const signature = mutateSignature(seeded, signatureOf(rsync, options, basis));
      const table = orRefused("rsync.bad-signature", () => parseSignature(signature));
      const theirs = rdiff.delta(signature, file);
      const context = `${format} ${Buffer.from(signature).toString("hex")}`;
      // A block of a gigabyte is none to us (it is never searched for), but makes rdiff run out of memory.
      const affordable = table === "refused" || table.blockLength < 2 ** 24;
      if (theirs === "refused" && affordable) expect(table, context).toBe("refused");
      if (table === "refused") continue;
      const ours = deltaOf(rsync, table, file);
      expect(shown(orRefused("rsync.bad-delta", () => patched(basis, ours))), context).toBe(shown(rdiff.patch(basis, ours)));
    }
  });
});

function got(result: Uint8Array | "refused"): Uint8Array {
  if (result === "refused") throw new Error("rdiff refused what it should take");
  return result;
}

function shown(result: Uint8Array | "refused"): string {
  return result === "refused" ? result : Buffer.from(result).toString("hex");
}
