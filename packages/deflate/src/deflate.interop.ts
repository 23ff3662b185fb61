import { spawnSync } from "node:child_process";
import { crc32 } from "node:zlib";
import { describeInterop } from "@doppel/testkit";
import { expect, test } from "vitest";
import { loadOwnDeflater } from "./deflater.ts";
import { sampleOf } from "./testing/samples.ts";

const PIECE = 100_000;
const deflater = (await loadOwnDeflater(PIECE))!;
const whole = sampleOf(
  Array.from({ length: 30 }, (_, i) => ({
    kind: (["text", "records", "random", "repeat", "zeros"] as const)[i % 5]!,
    length: 17_000,
    from: i,
  })),
);

/** The whole in pieces of one stream, at all levels by turns. */
function stream(): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0, level = 0; at < whole.length; at += PIECE, level = (level + 3) % 10) {
    const piece = whole.subarray(at, at + PIECE);
    deflater.input.set(piece);
    parts.push(Uint8Array.from(deflater.deflate(piece.length, level, at + PIECE >= whole.length)));
  }
  return Buffer.concat(parts);
}

function output(program: string, args: readonly string[], input: Uint8Array): Uint8Array {
  const { status, stdout, stderr } = spawnSync(program, args, { input, maxBuffer: 1 << 26 });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

describeInterop(["gzip"], "gzip takes our pieces", () => {
  test("as one member", () => {
    const header = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(whole), 0);
    trailer.writeUInt32LE(whole.length, 4);
    expect(Buffer.compare(output("gzip", ["-dc"], Buffer.concat([header, stream(), trailer])), whole)).toBe(0);
  });
});

describeInterop(["python3"], "Python's zlib takes our pieces", () => {
  test("as one raw stream", () => {
    const program = "import sys, zlib; sys.stdout.buffer.write(zlib.decompress(sys.stdin.buffer.read(), -15))";
    expect(Buffer.compare(output("python3", ["-c", program], stream()), whole)).toBe(0);
  });
});
