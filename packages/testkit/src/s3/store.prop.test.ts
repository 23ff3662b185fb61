import fc from "fast-check";
import { expect, it } from "vitest";
import { zeroContent } from "./content.ts";
import { Bucket, compareKeys } from "./store.ts";

const key = fc.string({ unit: "binary", maxLength: 5 });

it("keys are compared as their UTF-8 bytes are", () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

it("a bucket lists the keys with a prefix, behind a key, in their order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 20 }), key, fc.option(key, { nil: undefined }), (keys, prefix, after) => {
      const bucket = new Bucket("any");
      const object = { content: zeroContent(0), etag: "", attributes: {}, checksum: undefined, storageClass: "STANDARD" };
      for (const one of keys) bucket.add({ key: one, ...object }, new Date(0));
      const expected = keys
        .filter((one) => one.startsWith(prefix) && (after === undefined || compareKeys(one, after) > 0))
        .sort(compareKeys);
      expect([...bucket.keys(prefix, after)]).toEqual(expected);
    }),
  );
});
