import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pieceBytesFor, pieceSizes, VolumeCut } from "./cut.ts";

describe("pieceSizes", () => {
  it("stores a file that fits a volume whole", () => {
    expect(pieceSizes(0, 100).count).toBe(1);
    expect(pieceSizes(100, 100).count).toBe(1);
    expect(pieceSizes(100, 100).sizeOf(1)).toBe(100);
    expect(pieceSizes(101, 100).count).toBe(2);
  });

  it("cuts into as few pieces as there must be, none empty, none larger than a volume", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 997 }), (size, volume) => {
        const pieces = pieceSizes(size, volume);
        const sizes = Array.from({ length: pieces.count }, (_, i) => pieces.sizeOf(i + 1));
        expect(sizes.reduce((a, b) => a + b, 0)).toBe(size);
        expect(pieces.count).toBe(Math.max(1, Math.ceil(size / volume)));
        for (const piece of sizes) expect(piece).toBeLessThanOrEqual(volume);
        if (size > 0) for (const piece of sizes) expect(piece).toBeGreaterThan(0);
      }),
    );
  });
});

describe("VolumeCut", () => {
  it("never lets a volume run over twice its size, and never closes one below half", () => {
    const volumeBytes = 1000;
    const cut = new VolumeCut(volumeBytes);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: volumeBytes }), { maxLength: 60 }), (entries) => {
        let filled = 0;
        for (const tarBytes of entries) {
          if (filled > 0 && cut.closeBefore(filled, tarBytes)) {
            expect(filled).toBeGreaterThanOrEqual(volumeBytes / 2);
            filled = 0;
          }
          filled += tarBytes;
          expect(filled).toBeLessThan(2 * volumeBytes);
        }
      }),
    );
  });
});

describe("pieceBytesFor", () => {
  it("is about 1 MiB for volumes of usual size and a small part of small ones", () => {
    expect(pieceBytesFor(200 << 20)).toBe(1 << 20);
    expect(pieceBytesFor(1 << 20)).toBe(1 << 16);
  });
});
