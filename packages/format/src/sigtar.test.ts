import type { BytePath } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { type SigtarItem, SigtarReader, sigtarDeletedHeader, sigtarHeader } from "./sigtar.ts";
import { codeOf, entry, expectedPath, joined, padded, sha1, stockExpectation, stockFixture } from "./test-support.ts";
import { END_OF_ARCHIVE, encodeTarHeader } from "./tar/header.ts";

/** Appendix B.2: the signature of AAAA, block length 512. */
const SIGNATURE = Buffer.from("727301360000020000000008" + "03c00180" + "90353ed2d3d2cd62", "hex");

function read(...parts: Uint8Array[]): SigtarItem[] {
  const reader = new SigtarReader();
  const items = reader.update(Buffer.concat(parts));
  reader.finish();
  return items;
}

function named(name: string, type = "0", size = 0): Uint8Array {
  return encodeTarHeader({
    ...entry(""),
    name: name as BytePath,
    type,
    size,
    linkName: "" as BytePath,
    devMajor: 0,
    devMinor: 0,
  });
}

describe("sigtarHeader", () => {
  it("makes the archive of Appendix B.1", () => {
    const root = sigtarHeader(entry("", "dir"), 0);
    const file = sigtarHeader(entry("a", "file", { size: 4 }), SIGNATURE.length);
    const archive = Buffer.concat([root, file, padded(SIGNATURE), END_OF_ARCHIVE]);
    expect(archive.length).toBe(2560);
    expect(sha1(archive)).toBe("796459bdfd5b79d81c503bc13fafaa78957f8910");
    expect(joined(read(archive))).toEqual([
      { type: "entry", kind: "snapshot", entry: entry("", "dir") },
      { type: "end" },
      { type: "entry", kind: "signature", entry: entry("a", "file", { size: SIGNATURE.length }) },
      SIGNATURE.toString("latin1"),
      { type: "end" },
    ]);
  });

  it("names everything as stock does", () => {
    const names = [
      sigtarHeader(entry("", "file"), 12),
      sigtarHeader(entry("d/e", "dir"), 0),
      sigtarHeader(entry("l", "symlink"), 0),
      sigtarDeletedHeader("x/y" as BytePath),
    ].map((header) => Buffer.from(header).toString("latin1", 0, 100).replace(/\0+$/, ""));
    expect(names).toEqual(["signature/", "snapshot/d/e/", "snapshot/l", "deleted/x/y"]);
    expect(() => sigtarDeletedHeader("" as BytePath)).toThrow(RangeError);
  });
});

describe("SigtarReader", () => {
  it("takes an empty archive, of stock's length or none", () => {
    expect(read(Buffer.alloc(10_240))).toEqual([]);
    expect(read()).toEqual([]);
  });

  it.each<[string, Uint8Array[]]>([
    ["a backward entry", [named("signature/b"), named("signature/a")]],
    ["a duplicate", [named("signature/a"), named("deleted/a")]],
    ["pieces", [named("multivol_snapshot/a/1")]],
    ["a delta", [named("diff/a")]],
    ["the root as ./, which poisons stock's next increment", [named("snapshot/./", "5")]],
    ["..", [named("signature/../a")]],
    ["a signature of a directory", [named("signature/a/", "5")]],
    ["a file without a signature", [named("snapshot/a")]],
    ["the root deleted", [named("deleted/")]],
    ["deleted with content", [named("deleted/a", "0", 3), padded(Buffer.from("abc"))]],
  ])("refuses %s", (_, parts) => {
    expect(codeOf(() => read(...parts))).toBe("format.bad-set");
  });

  it("refuses what is no tar, and what is cut off", () => {
    expect(codeOf(() => read(Buffer.alloc(512, "x")))).toBe("format.bad-tar");
    expect(codeOf(() => read(named("signature/a", "0", 100), Buffer.alloc(50)))).toBe("format.bad-tar");
  });

  it.each(["plain-tar-old", "plain-tar-new"])("reads stock's of %s", (set) => {
    const archive = [...stockFixture(set)].find(([name]) => name.endsWith(".sigtar"))![1];
    const items = read(archive);
    const found = items.flatMap((item) =>
      item.type === "entry" ? [{ path: item.entry.path, type: item.entry.type, kind: item.kind }] : [],
    );
    const wanted = stockExpectation(set, 0).map((one) => ({
      path: expectedPath(one),
      type: one.type,
      kind: one.type === "file" ? "signature" : "snapshot",
    }));
    expect(found).toEqual(wanted);
    for (const item of items) if (item.type === "data") expect(Buffer.from(item.bytes).toString("hex", 0, 4)).toBe("72730136");
  });
});
