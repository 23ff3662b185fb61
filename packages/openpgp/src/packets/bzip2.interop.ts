import { concatBytes } from "@doppel/base";
import { describeInterop, run } from "@doppel/testkit";
import { expect, it } from "vitest";
import { random } from "../test-messages.ts";
import { Bzip2Decoder } from "./bzip2.ts";

function decode(bytes: Uint8Array, size: number): Buffer {
  const decoder = new Bzip2Decoder();
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(...decoder.update(bytes.subarray(at, at + size)));
  out.push(...decoder.finish());
  return Buffer.from(concatBytes(out));
}

describeInterop(["bzip2"], "Bzip2Decoder reads what bzip2 writes", () => {
  const bzip2 = async (data: Uint8Array, level = 9): Promise<Buffer> =>
    (await run("bzip2", [`-${level}`, "-c"], { input: data })).stdout;
  const text = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `line ${i * 7919} of ${i % 13}\n`).join(""));
  const runs = Buffer.concat([3, 4, 5, 6, 254, 255, 256, 259, 260, 511, 70_000].map((n, i) => Buffer.alloc(n, i % 2)));

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["one byte", Buffer.from("x")],
    ["runs around the borders of the run-length code", runs],
    ["a text", text],
    ["noise of several blocks", Buffer.from(random.bytes(1_000_000))],
  ])("%s", async (_, data) => {
    for (const level of [1, 9]) expect(decode(await bzip2(data, level), 65_536).equals(data)).toBe(true);
  });

  it("more input than is kept at once", async () => {
    const noise = Buffer.from(random.bytes(5_500_000));
    expect(decode(await bzip2(noise), 65_536).equals(noise)).toBe(true);
  });

  it("in any chunking", async () => {
    const packed = await bzip2(runs);
    for (const size of [1, 3, 100]) expect(decode(packed, size).equals(runs)).toBe(true);
  });

  it("ignores what follows, and refuses what is cut off or changed", async () => {
    const packed = await bzip2(text.subarray(0, 1500));
    expect(decode(Buffer.concat([packed, Buffer.from("padding")]), 64).length).toBe(1500);
    for (let end = 0; end < packed.length; end += 7) expect(() => decode(packed.subarray(0, end), 64)).toThrow();
    for (let at = 0; at < packed.length - 1; at += 5) {
      const changed = Buffer.from(packed);
      changed[at]! ^= 0x10;
      // Some bits have no effect (a code that no symbol uses): what comes out must then be the same.
      let result: Buffer | undefined;
      try {
        result = decode(changed, 64);
      } catch (error) {
        expect(error).toMatchObject({ code: "openpgp.bad-message" });
      }
      if (result) expect(result.equals(text.subarray(0, 1500)), `byte ${at}`).toBe(true);
    }
  });
});
