import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_OBJECT_BYTES, MAX_PART_BYTES, MAX_PARTS, MIN_PART_BYTES, planParts } from "./plan-parts.ts";

const TIB = 2 ** 40;
const MIB = 2 ** 20;

describe("planParts", () => {
  it("holds every object within S3's limits, and nothing but the last part is short", () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: MIB * 1000 }),
      fc.maxSafeNat().map((n) => (n % MAX_OBJECT_BYTES) + 1),
    );
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 6 * 2 ** 30 }), (bytes, preferred) => {
        const { partBytes, count } = planParts(bytes, preferred);
        expect(partBytes).toBeGreaterThanOrEqual(MIN_PART_BYTES);
        expect(partBytes).toBeLessThanOrEqual(MAX_PART_BYTES);
        expect(count).toBeLessThanOrEqual(MAX_PARTS);
        expect(Number.isSafeInteger(partBytes)).toBe(true);
        expect((count - 1) * partBytes).toBeLessThan(bytes);
        expect(count * partBytes).toBeGreaterThanOrEqual(bytes);
      }),
    );
  });

  it("keeps to what is preferred as long as that will do", () => {
    expect(planParts(200 * MIB, 16 * MIB)).toEqual({ partBytes: 16 * MIB, count: 13 });
    expect(planParts(16 * MIB * MAX_PARTS, 16 * MIB)).toEqual({ partBytes: 16 * MIB, count: MAX_PARTS });
    expect(planParts(16 * MIB * MAX_PARTS + 1, 16 * MIB)).toEqual({ partBytes: 17 * MIB, count: 9412 });
  });

  it("plans 5 TB and the largest object", () => {
    expect(planParts(5e12, 16 * MIB)).toEqual({ partBytes: 477 * MIB, count: 9997 });
    expect(planParts(5 * TIB, 16 * MIB)).toEqual({ partBytes: 525 * MIB, count: 9987 });
    expect(planParts(MAX_OBJECT_BYTES, 16 * MIB)).toEqual({ partBytes: MAX_PART_BYTES, count: MAX_PARTS });
    expect(MAX_OBJECT_BYTES / TIB).toBeCloseTo(48.8, 1);
  });

  it.each([0, -1, 1.5, Number.NaN, MAX_OBJECT_BYTES + 1])("has no plan for %d bytes", (bytes) => {
    expect(() => planParts(bytes, 16 * MIB)).toThrow(RangeError);
  });
});
