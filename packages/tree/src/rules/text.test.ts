import type { BytePath } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathOf, textOf } from "./text.ts";

const ofBytes = (argument: string): string => textOf(argument as BytePath);

describe("textOf", () => {
  it("is UTF-8 where it can be", () => {
    expect(ofBytes("src/\xc3\xa4\xf0\x9f\x98\x80")).toBe("src/ä😀");
    expect(ofBytes("caf\xe9 \xc3")).toBe("caf\udce9 \udcc3");
  });

  it("decodes every text, and loses no byte of anything else", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => ofBytes(Buffer.from(text).toString("latin1")) === text));
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const parts = ofBytes(Buffer.from(bytes).toString("latin1")).split(/([\udc80-\udcff])(?<![\ud800-\udbff].)/u);
        const back = parts.map((part) =>
          /^[\udc80-\udcff]$/.test(part) ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part),
        );
        expect(Buffer.concat(back)).toEqual(Buffer.from(bytes));
        const path = Buffer.from(bytes).toString("latin1") as BytePath;
        expect(pathOf(textOf(path))).toBe(path);
      }),
    );
  });
});
