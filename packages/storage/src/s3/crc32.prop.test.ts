import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32Of, formatCrc32, joinCrc32 } from "./crc32.ts";

describe("CRC-32", () => {
  it("of pieces makes that of the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), (pieces) => {
        const whole = crc32Of(Buffer.concat(pieces));
        const joined = pieces.reduce((sum, piece) => joinCrc32(sum, crc32Of(piece), piece.length), 0);
        expect(joined).toBe(whole);
        expect(pieces.reduce((sum, piece) => crc32Of(piece, sum), 0)).toBe(whole);
      }),
    );
  });

  it("is joined over lengths of many bits", () => {
    const [first, second] = [Buffer.from("first"), Buffer.alloc(5_000_001, 7)];
    expect(joinCrc32(crc32Of(first), crc32Of(second), second.length)).toBe(crc32Of(Buffer.concat([first, second])));
    expect(joinCrc32(123, 456, 5 * 2 ** 40)).toBeLessThan(2 ** 32); // more than 32 bits of length
  });

  it("is written as S3 writes it", () => {
    expect(formatCrc32(crc32Of(Buffer.from("123456789")))).toBe("y/Q5Jg=="); // the check value, cbf43926
  });
});
