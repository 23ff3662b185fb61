import { isDoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { DeltaDecoder } from "./delta-decoder.ts";
import { type Basis, PATCH_CHUNK, patch } from "./patch.ts";
import { bytewise, hex, patched } from "./testing/run.ts";

/** Spec B.3's basis. */
const BASIS = Uint8Array.from({ length: 1024 }, (_, i) => i & 0xff);

function number(value: number, width: number): string {
  return value.toString(16).padStart(2 * width, "0");
}

/** How a delta is refused: reason and offset, the same whole and byte by byte. */
function refusal(text: string, trailing: "ignore" | "refuse" = "ignore"): unknown {
  const seen = [[hex(text)], bytewise(hex(text))].map((chunks) => {
    try {
      for (const _ of patch({ size: 1024, read: (o, l) => BASIS.subarray(o, o + l) }, chunks, { trailing }));
    } catch (error) {
      if (isDoppelError(error, "rsync.bad-delta")) return error.data;
      throw error;
    }
    return undefined;
  });
  expect(seen[0]).toEqual(seen[1]);
  return seen[0];
}

describe("applying a delta", () => {
  const accepted: readonly (readonly [string, Uint8Array])[] = [
    ["72730236 03 616263 00", Buffer.from("abc")],
    ["72730236 42 0005 68656c6c6f 00", Buffer.from("hello")],
    ["72730236 45 10 20 00", BASIS.subarray(16, 48)],
    ["72730236 49 0010 20 00", BASIS.subarray(16, 48)],
    ["72730236 54 0000000000000010 0000000000000020 00", BASIS.subarray(16, 48)],
    ["72730236 00", new Uint8Array(0)],
    ["72730236 45 00 ff 02 4142 46 ff 0301 00", Buffer.concat([BASIS.subarray(0, 255), Buffer.from("AB"), BASIS.subarray(255)])],
  ];
  it.each(accepted)("accepts %s (spec B.3)", (text, expected) => {
    expect(Buffer.from(patched(BASIS, hex(text)))).toEqual(Buffer.from(expected));
    expect(Buffer.from(patched(BASIS, ...bytewise(hex(text))))).toEqual(Buffer.from(expected));
  });

  it("understands every copy and every literal command", () => {
    for (let offsetWidth = 0; offsetWidth < 4; offsetWidth++) {
      for (let lengthWidth = 0; lengthWidth < 4; lengthWidth++) {
        const opcode = number(0x45 + 4 * offsetWidth + lengthWidth, 1);
        const delta = hex(`72730236 ${opcode} ${number(200, 2 ** offsetWidth)} ${number(100, 2 ** lengthWidth)} 00`);
        expect(Buffer.from(patched(BASIS, delta))).toEqual(Buffer.from(BASIS.subarray(200, 300)));
      }
    }
    for (let opcode = 1; opcode <= 64; opcode++) {
      const literal = BASIS.subarray(0, opcode);
      expect(patched(BASIS, hex("72730236"), Uint8Array.of(opcode), literal, hex("00"))).toEqual(new Uint8Array(literal));
    }
    for (let width = 0; width < 4; width++) {
      const head = hex(`72730236 ${number(0x41 + width, 1)} ${number(250, 2 ** width)}`);
      expect(patched(BASIS, head, BASIS.subarray(0, 250), hex("00"))).toEqual(BASIS.slice(0, 250));
    }
  });

  const refused: readonly (readonly [string, string, string, number])[] = [
    ["no end", "72730236 03 616263", "truncated", 8],
    ["a reserved command", "72730236 55 00", "command", 4],
    ["the last reserved command", "72730236 01 61 ff 00", "command", 6],
    ["a literal of length 0", "72730236 41 00 03 616263 00", "command", 4],
    ["a copy of length 0", "72730236 45 00 00 03 616263 00", "command", 4],
    ["a copy past the end", "72730236 46 10 1000 00", "copy-range", 4],
    ["a copy from past the end", "72730236 4a 0400 0001 00", "copy-range", 4],
    ["magic 72730237", "72730237 00", "magic", 0],
    ["magic 72730246", "72730246 00", "magic", 0],
    ["an empty stream", "", "truncated", 0],
    ["a cut magic", "727302", "truncated", 3],
    ["a cut command", "72730236 54 00000000", "truncated", 9],
    ["a literal of 2^63", "72730236 44 8000000000000000 61 00", "command", 4],
    ["a literal of 2^53 - 1 that ends early", "72730236 44 001fffffffffffff 61 00", "truncated", 15],
    ["a copy of 2^64 - 1", "72730236 54 0000000000000000 ffffffffffffffff 00", "command", 4],
    ["a copy from 2^64 - 1", "72730236 54 ffffffffffffffff 0000000000000001 00", "copy-range", 4],
    ["a copy whose end wraps around", "72730236 54 fffffffffffffff0 0000000000000010 00", "copy-range", 4],
    ["a copy of 2^53 - 1", "72730236 54 0000000000000000 001fffffffffffff 00", "copy-range", 4],
  ];
  it.each(refused)("refuses %s", (_, text, reason, offset) => {
    expect(refusal(text)).toEqual({ reason, offset });
  });

  it("ignores what follows the end, as stock does, unless told otherwise", () => {
    expect(refusal("72730236 01 61 00 00")).toBeUndefined();
    expect(refusal("72730236 01 61 00", "refuse")).toBeUndefined();
    expect(refusal("72730236 01 61 00 00", "refuse")).toEqual({ reason: "trailing", offset: 7 });
  });
});

describe("a decoder", () => {
  it("hands on parts of a literal as they come, without waiting for the whole", () => {
    const decoder = new DeltaDecoder();
    expect(decoder.update(hex("72730236 44 0000000100000000 6162"))).toEqual([{ kind: "literal", bytes: Buffer.from("ab") }]);
    expect(decoder.update(hex("63"))).toEqual([{ kind: "literal", bytes: Buffer.from("c") }]);
    expect(() => decoder.finish()).toThrow(/cut off/);
  });
});

describe("a patch of a huge file", () => {
  const size = 2 ** 40;
  let longest = 0;
  const basis: Basis = {
    size,
    read(offset, length) {
      longest = Math.max(longest, length);
      return new Uint8Array(length).fill(Math.floor(offset / 2 ** 32));
    },
  };

  it("copies from beyond 4 GiB", () => {
    const delta = hex(`72730236 51 ${number(255 * 2 ** 32, 8)} 03 51 ${number(2 ** 33, 8)} 02 00`);
    expect(Buffer.concat([...patch(basis, [delta])]).toString("hex")).toBe("ffffff0202");
  });

  it("yields bounded chunks as they are asked for", () => {
    const steps = patch(basis, [hex(`72730236 01 61 54 ${number(0, 8)} ${number(size, 8)} 00`)]);
    for (let i = 0; i < 10; i++) expect(steps.next().value).toHaveLength(PATCH_CHUNK);
    expect(longest).toBeLessThanOrEqual(PATCH_CHUNK);
  });

  it("never yields the same buffer twice, nor the basis's", () => {
    const reused = new Uint8Array(PATCH_CHUNK);
    const same: Basis = { size: 3 * PATCH_CHUNK, read: (_, length) => reused.subarray(0, length) };
    const chunks = [...patch(same, [hex(`72730236 53 ${number(0, 8)} ${number(3 * PATCH_CHUNK, 4)} 00`)])];
    expect(new Set([reused.buffer, ...chunks.map((chunk) => chunk.buffer)]).size).toBe(4);
  });

  it("says so when the basis gives less than it has", () => {
    const short: Basis = { size: 100, read: (_, length) => new Uint8Array(length - 1) };
    expect(() => [...patch(short, [hex("72730236 45 00 10 00")])]).toThrow(RangeError);
  });
});
