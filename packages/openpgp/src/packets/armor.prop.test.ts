import { concatBytes } from "@doppel/base";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openpgp } from "../openpgpjs.ts";
import { ArmorDecoder, looksArmored } from "./armor.ts";

const decode = (text: Uint8Array, size: number): Uint8Array => {
  const decoder = new ArmorDecoder();
  const out: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += size) out.push(decoder.update(text.subarray(at, at + size)));
  return concatBytes([...out, decoder.finish()]);
};

it("decodes what openpgp.js armors, in any chunking, with either line end", async () => {
  const { armor, enums } = await openpgp();
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.integer({ min: 1, max: 90 }),
      fc.boolean(),
      async (data, size, checksum) => {
        const text = armor(enums.armor.message, data, undefined, undefined, "a comment", checksum);
        for (const each of [text, text.replaceAll("\r\n", "\n"), `mail header\n\n${text}`]) {
          const bytes = Buffer.from(each);
          expect(Buffer.compare(decode(bytes, size), data)).toBe(0);
          expect(looksArmored(bytes)).toBe(true);
        }
      },
    ),
    { numRuns: 40 },
  );
});

it("refuses a wrong checksum, a damaged line and a missing end", async () => {
  const { armor, enums } = await openpgp();
  const good = armor(enums.armor.message, new Uint8Array(300).fill(5), undefined, undefined, undefined, true);
  expect(() => decode(Buffer.from(good.replace("BQUF", "BQUG")), 50)).toThrow("checksum");
  expect(() => decode(Buffer.from(good.replace("BQUF", "BQ?F")), 50)).toThrow("damaged line");
  expect(() => decode(Buffer.from(good.slice(0, 200)), 50)).toThrow("cut off");
  expect(() => decode(Buffer.from(good + good), 50)).toThrow("two messages");
});
