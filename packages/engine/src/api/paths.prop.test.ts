import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytePath, innerPath, pathBytes, pathText } from "./paths.ts";

/** Bytes that are now and then whole characters, now and then parts of some. */
const bytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 4 }),
      fc.string({ unit: "grapheme", maxLength: 3 }).map((text) => new TextEncoder().encode(text)),
      fc.constantFrom(Uint8Array.of(0xed, 0xb2, 0x80), Uint8Array.of(0xf4, 0x90, 0x80, 0x80), Uint8Array.of(0xc0, 0xaf)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Uint8Array.from(Buffer.concat(parts)).filter((byte) => byte !== 0));

describe("paths as strings", () => {
  it("come back as the bytes that they were, whatever those are", () => {
    fc.assert(
      fc.property(bytes, (path) => {
        expect(Buffer.from(pathBytes(pathText(path)))).toEqual(Buffer.from(path));
      }),
    );
  });

  it("are the text where they are text", () => {
    const text = fc.string({ unit: "grapheme" }).filter((path) => !path.includes("\0"));
    fc.assert(
      fc.property(text, (path) => {
        expect(pathText(new TextEncoder().encode(path))).toBe(path);
        expect(Buffer.from(pathBytes(path)).toString("utf8")).toBe(path);
      }),
    );
  });

  it("tell bytes that are no text apart", () => {
    expect(pathText(Uint8Array.of(0x61, 0xe4, 0x62))).toBe("a\udce4b");
    expect(pathText(Uint8Array.of(0xed, 0xb2, 0x80))).toBe("\udced\udcb2\udc80");
  });

  it.each([
    ["half of a surrogate pair", "a\ud83d"],
    ["NUL", "a\0b"],
    ["a number", 5],
    ["nothing", undefined],
  ])("refuse %s", (_, path) => {
    expect(() => bytePath(path, "path")).toThrow(
      expect.objectContaining({ code: "api.bad-argument", data: { argument: "path" } }),
    );
  });

  it.each(["/etc", "a//b", "../a", "a/./b", "a/.."])("within a backup do not lead around: %s", (path) => {
    expect(() => innerPath(path, "path")).toThrow(expect.objectContaining({ code: "api.bad-argument" }));
  });

  it.each([
    ["", ""],
    [".", ""],
    ["a/b/", "a/b"],
  ])("within a backup: %o is %o", (path, inner) => expect(innerPath(path, "path")).toBe(inner));
});
