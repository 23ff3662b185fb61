import { collectBytes, type Payload } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Buffers } from "./buffers.ts";
import { cut } from "./cut.ts";

function payload(size: number, chunks: readonly Uint8Array[]): Payload {
  return {
    size,
    async *open() {
      yield* chunks.map((chunk) => chunk.slice());
    },
  };
}

describe("cut", () => {
  it("gives the same bytes in parts of one size, however they come", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 64 }), async (given, partBytes) => {
        const bytes = Buffer.concat(given);
        const buffers = new Buffers(partBytes); // one at a time
        const parts: Buffer[] = [];
        for await (const part of cut(payload(bytes.length, given), partBytes, buffers)) {
          expect(part.number).toBe(parts.length + 1);
          parts.push(Buffer.from(part.bytes));
          buffers.give(part.bytes);
        }
        expect(Buffer.concat(parts).equals(bytes)).toBe(true);
        for (const part of parts.slice(0, -1)) expect(part.length).toBe(partBytes);
        expect(buffers.lent).toBe(0);
      }),
    );
  });

  it.each([9, 11])("refuses 10 bytes for %d, and keeps nothing", async (size) => {
    const buffers = new Buffers(100);
    const taken = async function* () {
      for await (const { bytes } of cut(payload(size, [new Uint8Array(10)]), 4, buffers)) {
        yield Buffer.from(bytes);
        buffers.give(bytes);
      }
    };
    await expect(collectBytes(taken(), 100)).rejects.toThrow(RangeError);
    expect(buffers.lent).toBe(0);
  });
});
