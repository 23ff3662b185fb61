import { createHash } from "node:crypto";
import { type BytePath, isDoppelError, type PathEntry } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { difftarHeader } from "./difftar.ts";
import { type DifftarItem, type DifftarOptions, DifftarReader } from "./difftar-reader.ts";
import { codeOf, entry, expectedPath, joined, padded, sha1, stockExpectation, stockFixture } from "./test-support.ts";
import { END_OF_ARCHIVE, encodeTarHeader } from "./tar/header.ts";

function nameOf(header: Uint8Array): string {
  return Buffer.from(header).toString("latin1", 0, 100).replace(/\0+$/, "");
}

function dir(path: string): Uint8Array {
  return difftarHeader("snapshot", entry(path, "dir"));
}

function file(path: string, content = ""): Uint8Array {
  const bytes = Buffer.from(content);
  return Buffer.concat([difftarHeader("snapshot", entry(path, "file", { size: bytes.length })), padded(bytes)]);
}

function piece(path: string, number: number, content: string, kind: "snapshot" | "diff" = "snapshot"): Uint8Array {
  const bytes = Buffer.from(content);
  return Buffer.concat([difftarHeader(kind, entry(path), { number, size: bytes.length }), padded(bytes)]);
}

/** An entry under any name at all. */
function named(name: string, type = "0"): Uint8Array {
  return encodeTarHeader({ ...entry(""), name: name as BytePath, type, linkName: "" as BytePath, devMajor: 0, devMinor: 0 });
}

type Volumes = Record<number, readonly Uint8Array[]>;

function read(volumes: Volumes, options?: DifftarOptions): DifftarItem[] {
  const reader = new DifftarReader(options);
  const items: DifftarItem[] = [];
  for (const [number, parts] of Object.entries(volumes)) {
    reader.beginVolume(Number(number));
    items.push(...reader.update(Buffer.concat([...parts, END_OF_ARCHIVE])), ...reader.endVolume());
  }
  return [...items, ...reader.finish()];
}

/** The items as one line each. */
function summary(items: readonly DifftarItem[]): string[] {
  return joined(items).map((item) => {
    if (typeof item === "string") return item.length > 20 ? `${item.length} bytes` : item;
    const it = item as DifftarItem;
    if (it.type === "entry") return `${it.kind} ${it.entry.type} ${it.entry.path || "."}${it.multivol ? " in pieces" : ""}`;
    return it.type === "end" ? `end ${it.size}${it.complete ? "" : " incomplete"}` : it.type;
  });
}

const full = "x".repeat(65_536);

describe("difftarHeader", () => {
  it("makes the volume of Appendix B.1", () => {
    const volume = Buffer.concat([dir(""), file("a", "AAAA"), END_OF_ARCHIVE]);
    expect(volume.length).toBe(2560);
    expect(sha1(volume)).toBe("6e18659c2a9c7d98fffaf82e4797711581019d6d");
  });

  it.each([
    [dir(""), "snapshot/./"],
    [dir("a/b"), "snapshot/a/b/"],
    [file("a"), "snapshot/a"],
    [file(""), "snapshot/"],
    [difftarHeader("diff", entry("")), "diff/"],
    [difftarHeader("diff", entry("a")), "diff/a"],
    [difftarHeader("deleted", entry("a", "dir", { uid: 7 })), "deleted/a"],
    [piece("a/b", 12, "x"), "multivol_snapshot/a/b/12"],
    [piece("", 1, "x"), "multivol_snapshot/./1"],
    [piece("", 2, "x", "diff"), "multivol_diff/./2"],
  ])("names entries as stock does: $1", (header, name) => {
    expect(nameOf(header)).toBe(name);
  });

  it("refuses what no reader takes", () => {
    expect(() => difftarHeader("deleted", entry(""))).toThrow(RangeError);
    expect(() => difftarHeader("diff", entry("a", "symlink"))).toThrow(RangeError);
    expect(() => difftarHeader("snapshot", entry("a", "dir"), { number: 1, size: 0 })).toThrow(RangeError);
  });
});

describe("DifftarReader", () => {
  it("gives every attribute back", () => {
    const owner = { uid: 3_000_000, gid: 12, uname: "\xfc", gname: "staff" };
    const entries: PathEntry[] = [
      entry("", "dir", owner),
      entry("b", "blockdev", { device: { major: 8, minor: 17 } }),
      entry("c", "chardev", { device: { major: 1, minor: 5 } }),
      entry("f", "file", { mode: 0o6755, mtime: 4_102_444_800 }),
      entry("l", "symlink", { linkTarget: "t\xff".repeat(75) as BytePath }),
      entry("p", "fifo", { mtime: 0 }),
    ];
    const items = read({ 1: entries.map((one) => difftarHeader("snapshot", one)) });
    expect(items.flatMap((item) => (item.type === "entry" ? [item.entry] : []))).toEqual(entries);
  });

  it("joins pieces over volumes, and knows deltas and deleted entries", () => {
    const volumes: Volumes = {
      1: [dir(""), piece("big", 1, full)],
      2: [piece("big", 2, full), piece("big", 3, ""), named("deleted/del/", "5"), named("deleted/del/x")],
      3: [piece("e", 1, "ab", "diff"), piece("e", 2, "cd", "diff"), file("f", "hello")],
    };
    expect(summary(read(volumes))).toEqual([
      "snapshot dir .",
      "end 0",
      "snapshot file big in pieces",
      "131072 bytes",
      "end 131072",
      "deleted file del",
      "end 0",
      "deleted file del/x",
      "end 0",
      "diff file e in pieces",
      "abcd",
      "end 4",
      "snapshot file f",
      "hello",
      "end 5",
    ]);
  });

  it("reads a single file at the root, in every way of naming it", () => {
    for (const root of [[file("", "abc")], [piece("", 1, "ab"), piece("", 2, "c")], [piece("", 1, "abc")]]) {
      const [first, data] = joined(read({ 1: root })) as [DifftarItem, string];
      expect(first).toMatchObject({ kind: "snapshot", entry: { path: "", type: "file" } });
      expect(data).toBe("abc");
    }
    expect(summary(read({ 1: [named("snapshot/", "5")] }))).toEqual(["snapshot dir .", "end 0"]);
  });

  it("takes an empty last volume from who knows that it is the last", () => {
    const reader = new DifftarReader();
    for (const number of [1, 2]) {
      reader.beginVolume(number);
      if (number === 1) reader.update(dir(""));
      expect(() => reader.endVolume(number === 2)).not.toThrow();
    }
  });

  it("takes an empty set, and an empty first volume", () => {
    expect(read({ 1: [] })).toEqual([]);
    expect(summary(read({ 1: [], 2: [dir("")] }))).toEqual(["snapshot dir .", "end 0"]);
  });

  it("sorts a/x before a.txt (spec 3.8)", () => {
    expect(read({ 1: [dir(""), dir("a"), file("a/x"), file("a.txt"), file("b")] }).length).toBe(10);
  });

  it.each<[string, Volumes, DifftarOptions?]>([
    ["a backward entry", { 1: [dir(""), file("b"), file("a")] }],
    ["plain string order", { 1: [dir(""), dir("a"), file("a.txt"), file("a/x")] }],
    ["a duplicate", { 1: [dir(""), file("a"), file("a")] }],
    ["a duplicate over volumes", { 1: [dir(""), file("a")], 2: [file("a")] }],
    ["a whole file beside its pieces", { 1: [piece("a", 1, "x"), file("a")] }],
    ["pieces of two kinds", { 1: [piece("a", 1, "x"), piece("a", 2, "x", "diff")] }],
    ["pieces that something else interrupts", { 1: [piece("a", 1, "x"), file("b"), piece("a", 2, "x")] }],
    ["a missing piece", { 1: [piece("a", 1, "x"), piece("a", 3, "x")] }],
    ["a repeated piece", { 1: [piece("a", 1, "x"), piece("a", 1, "x")] }],
    ["a missing first piece", { 1: [dir(""), piece("a", 2, "x")] }],
    ["a piece 0", { 1: [piece("a", 0, "x")] }],
    ["a file that stock cut short", { 1: [piece("a", 1, full)] }],
    ["one that is cut short before another", { 1: [piece("a", 1, full), piece("a", 2, full), file("b")] }],
    ["an empty volume in the middle", { 1: [dir("")], 2: [], 3: [file("a")] }],
    ["a volume left out", { 1: [dir("")], 3: [file("a")] }],
    ["an unknown kind", { 1: [named("snapshots/a")] }],
    ["a signature", { 1: [named("signature/a")] }],
    ["no kind", { 1: [named("a")] }],
    ["..", { 1: [named("snapshot/a/../b")] }],
    [".", { 1: [named("snapshot/a/./b")] }],
    ["an absolute path", { 1: [named("snapshot//etc/passwd")] }],
    ["an absolute piece", { 1: [named("multivol_snapshot//1")] }],
    ["an empty component", { 1: [named("snapshot/a//b")] }],
    ["a slash behind a file", { 1: [named("snapshot/a/")] }],
    ["a piece without a number", { 1: [named("multivol_snapshot/a/x")] }],
    ["a piece of a directory", { 1: [named("multivol_snapshot/a/1", "5")] }],
    ["a delta of a directory", { 1: [named("diff/a/", "5")] }],
    ["the root deleted", { 1: [named("deleted/")] }],
    [
      "deleted with content",
      {
        1: [
          encodeTarHeader({
            ...entry("", "file"),
            name: "deleted/a" as BytePath,
            type: "0",
            size: 1,
            linkName: "" as BytePath,
            devMajor: 0,
            devMinor: 0,
          }),
          padded(Buffer.from("x")),
        ],
      },
    ],
    ["partial, but backwards", { 1: [dir(""), piece("b", 1, "x")], 3: [piece("a", 2, "x")] }, { partial: true }],
    ["partial, but a piece missing inside", { 2: [piece("a", 2, "x"), piece("a", 4, "x")] }, { partial: true }],
    ["partial, but a first piece missing where there is no gap", { 2: [file("a")], 3: [piece("b", 2, "x")] }, { partial: true }],
    ["partial, but a first piece missing inside", { 2: [file("a"), piece("b", 2, "x")] }, { partial: true }],
  ])("refuses %s", (_, volumes, options) => {
    expect(codeOf(() => read(volumes, options))).toBe("format.bad-set");
  });

  it("refuses a NUL in a name, which only pax can hold", () => {
    const body = "19 path=snapshot/\0\n";
    const pax = encodeTarHeader({
      ...entry(""),
      name: "x" as BytePath,
      type: "x",
      size: body.length,
      linkName: "" as BytePath,
      devMajor: 0,
      devMinor: 0,
    });
    expect(codeOf(() => read({ 1: [pax, padded(Buffer.from(body, "latin1")), file("a")] }))).toBe("format.bad-set");
  });

  it("refuses garbage in a volume, by its number", () => {
    let error: unknown;
    try {
      read({ 1: [dir("")], 2: [Buffer.alloc(512, "x")] }, { set: "duplicity-full.T" });
    } catch (thrown) {
      error = thrown;
    }
    expect(isDoppelError(error, "format.bad-tar") && error.message).toMatch(
      /^volume 2 of duplicity-full\.T is damaged at byte 0/,
    );
  });

  it("tells in partial reading which files it has not read as a whole", () => {
    const partial = { partial: true };
    expect(summary(read({ 2: [piece("a", 2, "bc"), file("b", "x")], 5: [piece("c", 4, "y")] }, partial))).toEqual([
      "snapshot file a in pieces",
      "bc",
      "end 2 incomplete",
      "snapshot file b",
      "x",
      "end 1",
      "snapshot file c in pieces",
      "y",
      "end 1 incomplete",
    ]);
    expect(summary(read({ 1: [piece("a", 1, full)], 3: [file("b")] }, partial)).slice(0, 3)).toEqual([
      "snapshot file a in pieces",
      "65536 bytes",
      "end 65536 incomplete",
    ]);
    expect(summary(read({ 4: [piece("a", 1, full)], 5: [piece("a", 2, "yz")] }, partial)).at(-1)).toBe("end 65538");
  });
});

describe.each(["plain-tar-old", "plain-tar-new"])("stock's volumes of %s", (set) => {
  it("hold what was backed up", () => {
    const volume = [...stockFixture(set)].find(([name]) => name.endsWith(".vol1.difftar"))![1];
    const expected = stockExpectation(set, 0);
    const found: unknown[] = [];
    let hash = createHash("sha256");
    let current: PathEntry | undefined;
    const reader = new DifftarReader();
    reader.beginVolume(1);
    for (const item of [...reader.update(volume), ...reader.endVolume(), ...reader.finish()]) {
      if (item.type === "entry") {
        current = item.entry;
        hash = createHash("sha256");
      } else if (item.type === "data") hash.update(item.bytes);
      else {
        const { path, type, mode, uid, gid, mtime, linkTarget } = current!;
        const content = type === "file" ? { size: item.size, sha256: hash.digest("hex") } : {};
        found.push({ path, type, mode: mode.toString(8).padStart(4, "0"), uid, gid, mtime, target: linkTarget, ...content });
      }
    }
    const wanted = expected.map((one) => {
      const { type, mode, uid, gid, mtime, target, size, sha256 } = one;
      return { path: expectedPath(one), type, mode, uid, gid, mtime, target, ...(size === undefined ? {} : { size, sha256 }) };
    });
    expect(found).toEqual(wanted);
  });
});
