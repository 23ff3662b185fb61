import { createCipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cipherInfo } from "./algorithms.ts";
import { cfbDecipher } from "./cfb.ts";

/** In pieces of these lengths, again and again until the end. */
async function decipherInPieces(id: number, key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, lengths: readonly number[]) {
  const decipher = await cfbDecipher({ cipher: id, key }, iv);
  const out: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < sealed.length; turn++) {
    const length = lengths[turn % lengths.length]!;
    out.push(Buffer.from(await decipher.update(sealed.subarray(at, at + length))));
    at += length;
  }
  out.push(await decipher.finish());
  return Buffer.concat(out);
}

describe("cfbDecipher", () => {
  it.each([2, 7, 8, 9, 11, 12, 13])("deciphers what OpenSSL's own CFB enciphers with cipher %i, in any pieces", async (id) => {
    const { node, keySize, blockSize } = cipherInfo(id)!;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 200_000 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 90_000 })), { minLength: 1, maxLength: 5 }),
        async (size, lengths) => {
          const [key, iv, plain] = [randomBytes(keySize), randomBytes(blockSize), randomBytes(size)];
          const sealed = createCipheriv(node!, key, iv).update(plain);
          const pieces = size > 5000 && Math.max(...lengths) < 41 ? [...lengths, 5000] : lengths;
          expect((await decipherInPieces(id, key, iv, sealed, pieces)).equals(plain)).toBe(true);
          expect((await decipherInPieces(id, key, iv, sealed, [size + 1])).equals(plain)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("deciphers byte by byte", async () => {
    const [key, iv, plain] = [randomBytes(32), randomBytes(16), randomBytes(1000)];
    const sealed = createCipheriv("aes-256-cfb", key, iv).update(plain);
    expect((await decipherInPieces(9, key, iv, sealed, [1])).equals(plain)).toBe(true);
  });
});
