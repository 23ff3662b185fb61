import { type BytePath, pathFromText } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, sha1 } from "../test-support.ts";
import { END_OF_ARCHIVE, encodeTarHeader, TAR_BLOCK, type TarHeader, tarPadding } from "./header.ts";
import { isTarNumber, readNumber, writeNumber } from "./numeric.ts";
import { type TarItem, TarParser } from "./parser.ts";

const PLAIN: TarHeader = {
  name: pathFromText("snapshot/a"),
  type: "0",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 4,
  mtime: 1_600_000_000,
  linkName: "" as BytePath,
  uname: "",
  gname: "",
  devMajor: 0,
  devMinor: 0,
};

function parse(...parts: Uint8Array[]): TarItem[] {
  const parser = new TarParser();
  const items = parser.update(Buffer.concat(parts));
  parser.finish();
  return items;
}

function headers(...parts: Uint8Array[]): TarHeader[] {
  return parse(...parts).flatMap((item) => (item.type === "header" ? [item.header] : []));
}

/** A header of which some bytes are changed, with its checksum made right again. */
function altered(header: TarHeader, at: number, bytes: string): Uint8Array {
  const block = Buffer.from(encodeTarHeader(header));
  block.write(bytes, at, "latin1");
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function extension(type: string, content: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(content as string, "latin1");
  return Buffer.concat([encodeTarHeader({ ...PLAIN, type, size: bytes.length }), bytes, Buffer.alloc(tarPadding(bytes.length))]);
}

function record(key: string, value: string): string {
  const body = ` ${key}=${value}\n`;
  let length = body.length + 1;
  while (String(length).length + body.length !== length) length++;
  return `${length}${body}`;
}

const FILE = { ...PLAIN, size: 0 };

describe("encodeTarHeader", () => {
  it("writes the headers of Appendix B.1 byte for byte", () => {
    const root = encodeTarHeader({ ...PLAIN, name: pathFromText("snapshot/./"), type: "5", mode: 0o755, size: 0 });
    const file = encodeTarHeader(PLAIN);
    expect(sha1(root)).toBe("f197d38a087aa3d7049c908077208c7712e381c5");
    expect(sha1(file)).toBe("fc8671c826d78b94043476df02694186d000c9c4");
    expect(sha1(Buffer.concat([root, file, Buffer.from("AAAA"), Buffer.alloc(508), END_OF_ARCHIVE]))).toBe(
      "6e18659c2a9c7d98fffaf82e4797711581019d6d",
    );
  });

  it("writes a deleted marker as stock does (spec 3.4)", () => {
    const header = encodeTarHeader({ ...PLAIN, name: pathFromText("deleted/del"), mode: 0, size: 0, mtime: 0 }) as Buffer;
    expect(header.toString("latin1", 100, 148)).toBe("0000000\0".repeat(3) + "00000000000\0".repeat(2));
  });

  it("puts a link target and a name that are too long before the header, in that order", () => {
    const long = { ...FILE, type: "2", name: pathFromText("n".repeat(101)), linkName: pathFromText("l".repeat(511)) };
    const bytes = encodeTarHeader(long) as Buffer;
    expect(bytes.length).toBe(5 * TAR_BLOCK);
    expect(
      [bytes[156], bytes[2 * TAR_BLOCK + 156], bytes[4 * TAR_BLOCK + 156]].map((byte) => String.fromCharCode(byte!)),
    ).toEqual(["K", "L", "2"]);
    expect(bytes.toString("latin1", 0, 14)).toBe("././@LongLink\0");
    expect(headers(bytes)).toEqual([long]);
    expect(encodeTarHeader({ ...FILE, name: pathFromText("n".repeat(100)) }).length).toBe(TAR_BLOCK);
  });

  it("leaves out an owner's name that does not fit", () => {
    expect(headers(encodeTarHeader({ ...FILE, uname: "u".repeat(32), gname: "g".repeat(33) }))).toEqual([
      { ...FILE, uname: "u".repeat(32) },
    ]);
  });

  it.each([
    { mtime: -1 },
    { size: 1.5 },
    { uid: Number.NaN },
    { gid: 2 ** 53 },
    { name: "" as BytePath },
    { name: "a\0b" as BytePath },
  ])("refuses %j", (bad) => {
    expect(() => encodeTarHeader({ ...FILE, ...bad })).toThrow(RangeError);
  });

  it("is read back, whatever it holds", () => {
    const text = (maxLength: number) =>
      fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes.map((byte) => byte || 1)).toString("latin1") as BytePath);
    const number = fc.oneof(fc.nat(), fc.maxSafeNat());
    const any = fc.record({
      name: text(300).filter((name) => name !== ""),
      type: fc.constantFrom("2", "5", "6"),
      mode: fc.nat(0o7777),
      uid: number,
      gid: number,
      size: fc.constant(0),
      mtime: number,
      linkName: text(300),
      uname: text(32),
      gname: text(32),
      devMajor: fc.constant(0),
      devMinor: fc.constant(0),
    });
    fc.assert(
      fc.property(any, (header) => {
        expect(headers(encodeTarHeader(header))).toEqual([header]);
      }),
    );
    const device = { ...FILE, type: "4", devMajor: 4095, devMinor: 1_048_575 };
    expect(headers(encodeTarHeader(device))).toEqual([device]);
  });
});

describe("numeric fields", () => {
  it("keep every number, in octal while it fits", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.constantFrom(8, 12), (value, width) => {
        const field = new Uint8Array(width);
        writeNumber(field, 0, width, value);
        expect(readNumber(field, 0, width)).toBe(value);
        expect(field[0]! < 0x80).toBe(value < 8 ** (width - 1));
      }),
    );
  });

  it.each([
    ["       \0", 0],
    ["\0\0\0\0\0\0\0\0", 0],
    ["  12 \0  ", 10],
    ["00000017", 15],
    ["12x", Number.NaN],
    ["-1", Number.NaN],
    ["8", Number.NaN],
    ["\xff\xff\xff\xff\xff\xff\xff\xff", -1],
    ["\x80\0\0\0\0\x2d\xc6\xc0", 3_000_000],
    ["\x80\x7f\xff\xff\xff\xff\xff\xff", Number.NaN],
  ])("read %j", (text, value) => {
    expect(readNumber(Buffer.from(text.padEnd(8, "\0"), "latin1"), 0, 8)).toBe(value);
  });

  it("know what cannot be stored", () => {
    expect([0, 1, -1, 0.5, Number.NaN, 2 ** 53].map(isTarNumber)).toEqual([true, true, false, false, false, false]);
  });
});

describe("TarParser", () => {
  it("passes content on without copying it, and closes every entry", () => {
    const bytes = Buffer.concat([
      encodeTarHeader(PLAIN),
      Buffer.from("AAAA"),
      Buffer.alloc(508),
      encodeTarHeader({ ...FILE, type: "5" }),
    ]);
    const items = new TarParser().update(bytes);
    expect(items[1]!.type === "data" && items[1]!.bytes.buffer).toBe(bytes.buffer);
    expect(items.map(({ type }) => type)).toEqual(["header", "data", "end", "header", "end"]);
  });

  it("stops at the first zero block and ignores what follows (spec 3.1)", () => {
    const parser = new TarParser();
    parser.update(Buffer.concat([encodeTarHeader(FILE), Buffer.alloc(TAR_BLOCK), Buffer.from("junk".repeat(1000))]));
    parser.finish();
    expect(parser.sawEndMarker).toBe(true);
    expect(headers(encodeTarHeader(FILE), Buffer.alloc(TAR_BLOCK), encodeTarHeader(FILE)).length).toBe(1);
  });

  it("needs neither an end nor the last padding", () => {
    expect(parse(encodeTarHeader(PLAIN), Buffer.from("AAAA")).at(-1)).toEqual({ type: "end" });
    expect(parse(encodeTarHeader(FILE), Buffer.alloc(100)).length).toBe(2);
    expect(parse()).toEqual([]);
  });

  it("masks the mode, and reads the dialects before GNU's", () => {
    expect(headers(altered(FILE, 100, "0100644\0"))[0]!.mode).toBe(0o644);
    const v7 = { ...FILE, name: pathFromText("snapshot/d/") };
    expect(headers(altered(v7, 156, "\0"))[0]!.type).toBe("5");
    expect(headers(altered(FILE, 156, "\0"))[0]!.type).toBe("0");
    expect(headers(altered(FILE, 257, "\0".repeat(8) + "name"))[0]).toMatchObject({ name: "snapshot/a", uname: "" });
    expect(headers(altered({ ...FILE, name: pathFromText("b") }, 345, "not/a/prefix"))[0]!.name).toBe("b");
  });

  it("joins the ustar prefix to the name", () => {
    const block = Buffer.from(altered({ ...FILE, name: pathFromText("b") }, 257, "ustar\x0000"));
    block.write("snapshot/a", 345);
    block.fill(0x20, 148, 156);
    block.write(
      `${block
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, "0")}\0 `,
      148,
    );
    expect(headers(block)[0]!.name).toBe("snapshot/a/b");
  });

  it("applies pax records to one entry, raw and rounded down, and global ones to all", () => {
    const local = [
      record("hdrcharset", "BINARY"),
      record("path", "snapshot/bad\xff\xfename"),
      record("linkpath", "t\xff"),
      record("uid", "3000000"),
      record("gid", "4000000"),
      record("mtime", "1600000000.75"),
      record("uname", "u\xe9"),
      record("gname", "g"),
      record("comment", "a=b\nc"),
      record(`SCHILY.xattr.user.${"k".repeat(300)}`, "v"),
    ].join("");
    const [one, two] = headers(
      extension("g", record("gname", "all")),
      extension("x", local),
      encodeTarHeader({ ...FILE, type: "2" }),
      encodeTarHeader(FILE),
    );
    expect(one).toEqual({
      ...FILE,
      type: "2",
      name: "snapshot/bad\xff\xfename",
      linkName: "t\xff",
      uid: 3_000_000,
      gid: 4_000_000,
      uname: "u\xe9",
      gname: "g",
    });
    expect(two).toEqual({ ...FILE, gname: "all" });
    expect(headers(extension("x", record("path", "") + record("mtime", "-0.5")), encodeTarHeader(FILE))).toEqual([
      { ...FILE, mtime: -1 },
    ]);
    expect(parse(extension("x", record("size", "4")), encodeTarHeader(FILE), Buffer.from("BBBB"))[1]).toMatchObject({
      type: "data",
    });
  });

  it("takes a long name with or without its NUL counted", () => {
    const name = "n".repeat(120);
    expect(headers(extension("L", name), encodeTarHeader(FILE))[0]!.name).toBe(name);
    expect(headers(extension("L", `${name}\0`), encodeTarHeader(FILE))[0]!.name).toBe(name);
  });

  it.each<[string, Uint8Array[]]>([
    ["a wrong checksum", [Buffer.from(encodeTarHeader(FILE)).fill(0x39, 20, 21)]],
    ["what is no tar", [Buffer.alloc(TAR_BLOCK, "x")]],
    ["truncated content", [encodeTarHeader(PLAIN), Buffer.from("AAA")]],
    ["a truncated header", [encodeTarHeader(FILE).subarray(0, 511)]],
    ["a hard link", [encodeTarHeader({ ...FILE, type: "1" })]],
    ["a contiguous file", [encodeTarHeader({ ...FILE, type: "7" })]],
    ["a sparse file", [encodeTarHeader({ ...FILE, type: "S" })]],
    ["a sparse file in pax", [extension("x", record("GNU.sparse.major", "1")), encodeTarHeader(FILE)]],
    ["content behind a directory", [encodeTarHeader({ ...PLAIN, type: "5" }), Buffer.from("AAAA"), Buffer.alloc(508)]],
    ["an absurd size", [altered(FILE, 124, "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")]],
    ["a negative size", [altered(FILE, 124, "\xff".repeat(12))]],
    ["a malformed mode", [altered(FILE, 100, "rw-r--r\0")]],
    ["a malformed number", [altered(FILE, 108, "12x4567\0")]],
    ["a huge long name", [encodeTarHeader({ ...FILE, type: "L", size: 1 << 21 })]],
    ["a malformed pax record", [extension("x", "99 path=a\n"), encodeTarHeader(FILE)]],
    ["a pax number that is none", [extension("x", record("uid", "0x10")), encodeTarHeader(FILE)]],
    ["an extension without an entry", [extension("L", "name")]],
    ["an extension before the end", [extension("L", "name"), END_OF_ARCHIVE]],
    ["a truncated extension", [encodeTarHeader({ ...FILE, type: "L", size: 200 }), Buffer.alloc(100)]],
  ])("refuses %s", (_, parts) => {
    expect(codeOf(() => parse(...parts))).toBe("format.bad-tar");
  });

  it("reads no further than it has to: not without end behind the end, nor extension headers without an entry", () => {
    const parser = new TarParser();
    parser.update(Buffer.concat([encodeTarHeader(FILE), END_OF_ARCHIVE]));
    const zeros = Buffer.alloc(1 << 20);
    for (let i = 0; i < 15; i++) expect(parser.update(zeros)).toEqual([]);
    parser.finish();
    expect(() => {
      for (let i = 0; i < 3; i++) parser.update(zeros);
    }).toThrow(/more than 16777216 bytes follow its end/);
    const header = extension("x", record("path", "snapshot/b"));
    expect(headers(...Array.from({ length: 16 }, () => header), encodeTarHeader(FILE))).toHaveLength(1);
    expect(() => headers(...Array.from({ length: 17 }, () => header), encodeTarHeader(FILE))).toThrow(/without an entry/);
  });

  it("says at which byte", () => {
    const bytes = [encodeTarHeader(PLAIN), Buffer.from("AAAA"), Buffer.alloc(508), Buffer.alloc(TAR_BLOCK, "x")];
    expect(() => parse(...bytes)).toThrow(/at byte 1024: the checksum/);
  });

  it("accepts checksums over signed bytes", () => {
    const block = Buffer.from(encodeTarHeader({ ...FILE, name: "snapshot/\xff" as BytePath }));
    const sum = Number.parseInt(block.toString("latin1", 148, 154), 8) - 0x100;
    block.write(sum.toString(8).padStart(6, "0"), 148);
    expect(headers(block)[0]!.name).toBe("snapshot/\xff");
  });
});
