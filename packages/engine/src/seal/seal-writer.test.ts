import { createHash, randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { gunzipSync } from "node:zlib";
import { collectBytes, isDoppelError } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gzipFraming, plainFraming } from "./framing.ts";
import { Compressor } from "./compressor.ts";
import { Hasher } from "./hasher.ts";
import { OutletBuffers } from "./outlet.ts";
import { SealWriter } from "./seal-writer.ts";
import { Spool } from "./spool.ts";

const random = { bytes: (n: number) => randomBytes(n) };

function writer(
  options: { pieceBytes?: number; memoryLimit?: number; plain?: boolean; level?: number; tempDir?: string; hasher?: Hasher } = {},
): SealWriter<Spool> {
  return new SealWriter({
    framing: options.plain ? plainFraming() : gzipFraming(),
    level: options.level ?? 6,
    pieceBytes: options.pieceBytes ?? 1000,
    lag: 4,
    compressor: new Compressor(1),
    hasher: options.hasher ?? new Hasher(1),
    buffers: new OutletBuffers(),
    place: new Spool({ tempDir: options.tempDir ?? tmpdir(), memoryLimit: options.memoryLimit ?? 1 << 20, random }),
  });
}

async function seal(chunks: readonly Uint8Array[], options: Parameters<typeof writer>[0] = {}): Promise<Buffer> {
  const seal = writer(options);
  for (const chunk of chunks) await seal.write(chunk);
  await using object = await seal.finish();
  const bytes = Buffer.from(await collectBytes(object.body.open(), 1 << 28));
  expect(bytes.length).toBe(object.body.size);
  expect(object.sha1).toBe(createHash("sha1").update(bytes).digest("hex"));
  expect(object.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  expect(Buffer.from(await collectBytes(object.body.open(), 1 << 28)).equals(bytes)).toBe(true); // and again
  return bytes;
}

describe("SealWriter", () => {
  it("joins independently compressed pieces into one gzip member, whatever the chunks", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        chunks,
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 0, max: 9 }),
        async (parts, pieceBytes, level) => {
          const sealed = await seal(parts, { pieceBytes, level });
          expect(gunzipSync(sealed).equals(Buffer.concat(parts))).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("has the hashes of objects that are written beside each other, from a thread that counts none twice", async () => {
    await using hasher = new Hasher(2);
    const chunks = Array.from({ length: 7 }, (_, index) => randomBytes(600_000 + index));
    const given = await Promise.all(
      [chunks, chunks.toReversed()].map((parts) => seal(parts, { plain: true, hasher, pieceBytes: 1 << 18 })),
    );
    expect(given.map((bytes) => bytes.length)).toEqual([4_200_021, 4_200_021]);
    const writers = [writer({ plain: true, hasher }), writer({ plain: true, hasher })];
    await writers[0]!.write(randomBytes(3 << 20));
    await writers[0]!.discard();
    await writers[1]!.write(chunks[0]!);
    await using object = await writers[1]!.finish();
    expect(object.sha256).toBe(createHash("sha256").update(chunks[0]!).digest("hex"));
  });

  it("is accepted by gzip itself", async () => {
    const text = Buffer.from("a line that compresses well\n".repeat(20_000));
    const sealed = await seal([text], { pieceBytes: 1 << 16 });
    execFileSync("gzip", ["-t"], { input: sealed });
    expect(execFileSync("gzip", ["-dc"], { input: sealed, maxBuffer: 1 << 26 }).equals(text)).toBe(true);
    expect(sealed.length).toBeLessThan(text.length / 20);
  });

  it("gives the bytes as they are when nothing is compressed, through memory and through a file alike", async () => {
    const bytes = randomBytes(300_000);
    for (const memoryLimit of [0, 1000, 1 << 20])
      expect((await seal([bytes], { plain: true, memoryLimit })).equals(bytes)).toBe(true);
  });

  it("estimates from what came out so far", async () => {
    const seal = writer({ pieceBytes: 1 << 16 });
    await seal.write(Buffer.alloc(4 << 20));
    expect(seal.plainBytes).toBe(4 << 20);
    const object = await seal.finish();
    expect(seal.estimatedWith(0)).toBe(object.body.size);
    await object[Symbol.asyncDispose]();
  });

  it("does not take what is still in work for sealed, however large the writes are", async () => {
    const seal = writer({ pieceBytes: 1 << 16 });
    await seal.write(randomBytes(2 << 20)); // incompressible, and of 32 pieces the last ones are in work now
    expect(seal.estimatedWith(0)).toBeGreaterThan(0.98 * seal.plainBytes);
    await seal.discard();
  });

  it("surfaces a temporary directory that cannot be used, and can be discarded then", async () => {
    const seal = writer({ memoryLimit: 0, tempDir: "/proc/nothing-here" });
    const failure = await (async () => {
      for (let i = 0; i < 100; i++) await seal.write(randomBytes(5000));
      await seal.finish();
    })().catch((error: unknown) => error);
    expect(isDoppelError(failure, "temp.unusable")).toBe(true);
    await seal.discard();
  });
});
