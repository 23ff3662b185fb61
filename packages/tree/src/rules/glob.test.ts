import { pathFromBytes, pathFromText } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { compileGlob } from "./glob.ts";
import { textOf } from "./text.ts";

const glob = (pattern: string, path: string) => compileGlob(pattern).answer(textOf(pathFromText(path)), false);

describe("compileGlob", () => {
  it("counts characters, not bytes, and a stray byte as one", () => {
    expect(glob("m/?", "m/ä")).toBe("match");
    expect(glob("m/??", "m/ä")).toBeUndefined();
    expect(glob("m/?", "m/😀")).toBe("match");
    expect(glob("m/[α-ω]", "m/λ")).toBe("match");
    const stray = textOf(pathFromBytes(Buffer.from([0x6d, 0x2f, 0xff])));
    expect(compileGlob("m/?").answer(stray, false)).toBe("match");
    expect(compileGlob(stray).answer(stray, false)).toBe("match");
  });

  it("knows the cases of all letters", () => {
    expect(glob("ignorecase:m/Ä[Ö-Ü]X", "M/äöx")).toBe("match");
    expect(glob("IgnoreCase:m/x", "m/X")).toBe("match");
    expect(glob("m/Ä", "m/ä")).toBeUndefined();
  });

  it("takes a range like any member of a set", () => {
    expect(glob("[]-a]", "^")).toBe("match");
    expect(glob("[a-]", "-")).toBe("match");
    expect(glob("[!a]", "/")).toBe("match");
  });

  it("scans / for an absolute pattern only", () => {
    expect(glob("/a/b", "/")).toBe("scan");
    expect(glob("/*/b", "/")).toBe("scan");
    expect(glob("/*b/c", "/a")).toBeUndefined();
    expect(glob("a/b", "/")).toBeUndefined();
    expect(glob("/", "/")).toBe("match");
  });

  it("refuses what is malformed", () => {
    for (const pattern of ["", "ignorecase:", "a//b", "[z-a]"]) expect(() => compileGlob(pattern)).toThrow(RangeError);
  });

  it("answers at once where backtracking would take for ever", () => {
    const hostile = `${"**a".repeat(40)}b`;
    expect(glob(hostile, "a".repeat(4000))).toBe("scan");
    expect(glob(`m/${"*a".repeat(60)}b/c`, `m/${"a".repeat(250)}`)).toBeUndefined();
  });
});

describe("textOf", () => {
  it("keeps apart what differs", () => {
    const paths = [[0xc3, 0xa4], [0xc3], [0xa4], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf0, 0x9f, 0x98, 0x80], [0x2f]];
    expect(new Set(paths.map((bytes) => textOf(pathFromBytes(Buffer.from(bytes))))).size).toBe(paths.length);
    expect(textOf(pathFromBytes(Buffer.from([0xed, 0xa0, 0x80])))).toBe("\udced\udca0\udc80");
  });
});
