import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BytePath,
  comparePaths,
  displayPath,
  displayText,
  isWithin,
  joinPath,
  pathFromBytes,
  pathFromText,
  pathToBytes,
} from "./path.ts";

const component = fc
  .uint8Array({ minLength: 1, maxLength: 6 })
  .map((bytes) => pathFromBytes(bytes.map((byte) => (byte === 0x2f || byte === 0 ? 0x30 : byte))));
const path = fc.array(component, { maxLength: 4 }).map((parts) => parts.join("/") as BytePath);

/** The rule as the specification words it: lists of byte strings, a prefix first. */
function compareLists(a: BytePath, b: BytePath): number {
  const x = a === "" ? [] : a.split("/");
  const y = b === "" ? [] : b.split("/");
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const order = Buffer.compare(Buffer.from(x[i]!, "latin1"), Buffer.from(y[i]!, "latin1"));
    if (order !== 0) return order;
  }
  return x.length - y.length;
}

describe("comparePaths", () => {
  it("sorts a/x before a.txt, and the root first", () => {
    const sorted = ["b", "a.txt", "a/x", "a", ""].map(pathFromText).sort(comparePaths);
    expect(sorted).toEqual(["", "a", "a/x", "a.txt", "b"]);
  });

  it("equals comparing lists of byte strings", () => {
    fc.assert(fc.property(path, path, (a, b) => Math.sign(comparePaths(a, b)) === Math.sign(compareLists(a, b))));
  });
});

describe("bytes and paths", () => {
  it("keeps every byte", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => Buffer.compare(pathToBytes(pathFromBytes(bytes)), bytes) === 0));
  });

  it("joins at the root and below", () => {
    expect(joinPath(pathFromText(""), pathFromText("a"))).toBe("a");
    expect(joinPath(pathFromText("/"), pathFromText("a"))).toBe("/a");
    expect(joinPath(pathFromText("a"), pathFromText("b"))).toBe("a/b");
  });

  it("knows what lies within", () => {
    expect(isWithin(pathFromText("a/b"), pathFromText("a"))).toBe(true);
    expect(isWithin(pathFromText("ab"), pathFromText("a"))).toBe(false);
    expect(isWithin(pathFromText("a"), pathFromText(""))).toBe(true);
  });
});

describe("displayPath", () => {
  it("shows UTF-8 as text, other bytes and controls escaped", () => {
    expect(displayPath(pathFromText("żółć/日本"))).toBe("żółć/日本");
    expect(displayPath(pathFromBytes(Buffer.from([0x61, 0xff, 0x0a])))).toBe("a\\xff\\x0a");
    expect(displayPath(pathFromText("esc\u001b[2J"))).toBe("esc\\x1b[2J");
    expect(displayPath(pathFromText("rtl\u202etxt"))).toBe("rtl\\u202etxt");
    expect(displayPath(pathFromText(""))).toBe(".");
  });

  it("never lets a byte through that a terminal would obey", () => {
    fc.assert(
      fc.property(path, (name) => {
        const shown = Buffer.from(displayPath(name), "utf8");
        return !shown.some((byte) => byte < 0x20 || byte === 0x7f);
      }),
    );
  });
});

describe("agreement with the system's byte order", () => {
  it("is the order of `LC_ALL=C sort` when slashes are replaced by a byte below all others", () => {
    const names = ["a", "a/b", "a-b", "a b", "a.b/c", "A", "a/b/c", "\u00e9", "a!"].map(pathFromText);
    const input = names.map((name) => name.replaceAll("/", "\u0001")).join("\n");
    const sorted = execFileSync("sort", { input: Buffer.from(input, "latin1"), env: { ...process.env, LC_ALL: "C" } });
    expect(names.sort(comparePaths).map((name) => name.replaceAll("/", "\u0001"))).toEqual(
      sorted.toString("latin1").trimEnd().split("\n"),
    );
  });
});

it("displayText escapes what drives a terminal and leaves the rest", () => {
  expect(displayText("J\u00fcrgen \u001b[31m\n\u009b\u202e")).toBe("J\u00fcrgen \\x1b[31m\\x0a\\x9b\\u202e");
  expect(displayText("")).toBe("");
});
