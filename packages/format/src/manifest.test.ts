import { type BytePath, isDoppelError, pathFromBytes, pathFromText } from "@doppel/base";
import { describe, expect, it } from "vitest";
import {
  type Change,
  formatChange,
  formatFilelistHead,
  formatManifest,
  type Manifest,
  type VolumeInfo,
  volumesFor,
} from "./manifest.ts";
import { ManifestParser, parseManifest } from "./manifest-parser.ts";
import { quotePath, unquotePath } from "./quoting.ts";
import { codeOf, sha1, stockFixture } from "./test-support.ts";

const DIGEST = "6e18659c2a9c7d98fffaf82e4797711581019d6d";

function volume(number: number, start = "", end = "z", startBlock?: number): VolumeInfo {
  const bound = { path: pathFromText(start), ...(startBlock === undefined ? {} : { block: startBlock }) };
  return { number, start: bound, end: { path: pathFromText(end) }, hashes: new Map([["SHA1", DIGEST]]) };
}

function block(number: number, more = `    Hash SHA1 ${DIGEST}\n`): string {
  return `Volume ${number}:\n    StartingPath   .  \n    EndingPath     z  \n${more}`;
}

function parse(text: string): Manifest {
  return parseManifest(Buffer.from(text, "latin1"));
}

function numbers(text: string): number[] {
  return parse(text).volumes.map(({ number }) => number);
}

describe("formatManifest", () => {
  it("writes the vector of Appendix B.1 byte for byte", () => {
    const manifest = { hostname: pathFromText("vector"), localDir: pathFromText("/vector"), volumes: [volume(1, "", "a")] };
    const bytes = formatManifest(manifest);
    expect(bytes.length).toBe(144);
    expect(sha1(bytes)).toBe("b66b80971ffa3aa9f459503939a5522ef198223c");
    expect(parseManifest(bytes)).toEqual(manifest);
  });

  it("writes SHA1 before any other hash, and block numbers", () => {
    const hashes = new Map([
      ["SHA256", "ab".repeat(32)],
      ["SHA1", DIGEST],
    ]);
    const text = Buffer.from(formatManifest({ volumes: [{ ...volume(1, "a b", "z", 3), hashes }] })).toString();
    expect(text).toBe(
      `Volume 1:\n    StartingPath   "a\\x20b" 3\n    EndingPath     z  \n    Hash SHA1 ${DIGEST}\n    Hash SHA256 ${"ab".repeat(32)}\n`,
    );
  });

  it("leaves out a host name that stock could not read", () => {
    for (const name of ["", '"quoted"', "two\nlines"])
      expect(formatManifest({ hostname: name as BytePath, volumes: [] }).length).toBe(0);
  });

  it("refuses what stock cannot restore", () => {
    expect(() => formatManifest({ volumes: [volume(1), volume(3)] })).toThrow(RangeError);
    expect(() => formatManifest({ volumes: [{ ...volume(1), hashes: new Map([["SHA256", "ab"]]) }] })).toThrow(RangeError);
  });
});

describe("quoting", () => {
  it("quotes nine byte values and keeps all others (spec 2.2)", () => {
    const quoted = new Set([0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x5c, 0x22, 0x27]);
    for (let byte = 1; byte < 0x100; byte++) {
      const path = pathFromBytes(Uint8Array.of(0x61, byte, 0x62));
      const hex = byte.toString(16).padStart(2, "0");
      expect(quotePath(path)).toBe(quoted.has(byte) ? `"a\\x${hex}b"` : path);
      expect(unquotePath(quotePath(path))).toBe(path);
    }
  });

  it.each([
    ['q"uo', '"q\\x22uo"'],
    [" lead", '"\\x20lead"'],
    ["", "."],
    ["a/b c", '"a/b\\x20c"'],
  ])("writes %j as %s", (path, text) => {
    expect(quotePath(path as BytePath)).toBe(text);
    expect(unquotePath(text)).toBe(path);
  });

  it.each(['"', '"open', '"bad\\y"', '"short\\x2"', '"tail\\"'])("refuses %s", (text) => {
    expect(unquotePath(text)).toBeUndefined();
  });

  it("takes a bare text as it is, also with a backslash", () => {
    expect(unquotePath("a\\x20b")).toBe("a\\x20b");
  });
});

describe("parseManifest (spec 2.4)", () => {
  it.each([
    ["no Filelist, no fields", block(1)],
    ["Filelist first, wrong count", `Filelist 7\n    new      a\n${block(1)}`],
    ["Filelist last", `${block(1)}Filelist 1\n    changed  "a\\x20b"\n`],
    ["CRLF", block(1).replaceAll("\n", "\r\n")],
    ["no final line end", block(1).trimEnd()],
    ["unknown lines in a block", block(1, `    Hash SHA1 ${DIGEST}\n    Colour blue\n`)],
    ["unknown fields", `Flavour 3 x\n${block(1)}`],
    ["upper-case hash", block(1, `    Hash SHA1 ${DIGEST.toUpperCase()}\n`)],
    ["empty host name", `Hostname \n${block(1)}`],
  ])("reads %s", (_, text) => {
    expect(parse(text)).toEqual({ volumes: [volume(1)] });
  });

  it("keeps a volume without a hash, or with another one", () => {
    expect(parse(block(1, "")).volumes[0]!.hashes.size).toBe(0);
    expect([...parse(block(1, "    Hash MD5 00ff\n")).volumes[0]!.hashes]).toEqual([["MD5", "00ff"]]);
  });

  it("unquotes the host name, and keeps raw bytes", () => {
    expect(parse(`Hostname "a\\x20b"\nLocaldir \xff\xa0\n${block(1)}`)).toMatchObject({ hostname: "a b", localDir: "\xff\xa0" });
  });

  it("sorts volumes when none repeats", () => {
    expect(numbers([1, 3, 2].map((n) => block(n)).join(""))).toEqual([1, 2, 3]);
    expect(numbers([3, 2, 1].map((n) => block(n)).join(""))).toEqual([1, 2, 3]);
  });

  it("takes the later block, and drops what is above the last listed, when one repeats", () => {
    const resumed = parse(block(1) + block(2, "    Hash SHA1 aa\n") + block(3) + block(2, "    Hash SHA1 bb\n"));
    expect(resumed.volumes.map(({ number }) => number)).toEqual([1, 2]);
    expect(resumed.volumes[1]!.hashes.get("SHA1")).toBe("bb");
    expect(numbers([1, 2, 3, 3, 4].map((n) => block(n)).join(""))).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ["nothing", "", 0],
    ["only fields", "Hostname x\n", 1],
    ["a gap", block(1) + block(3), 8],
    ["no volume 1", block(2), 4],
    ["a volume without paths", "Volume 1:\n    Hash SHA1 aa\n", 1],
    ["a bad volume number", "Volume x:\n", 1],
    ["volume 0", block(0), 1],
    ["a bare path with a blank", block(1).replace(".  ", "a b c  "), 2],
    ["bad quoting", block(1).replace(".  ", '"a  '), 2],
    ["a hash that is none", block(1, "    Hash SHA1 xyz\n"), 4],
    ["an unknown change", `${block(1)}Filelist 1\n    touched  a\n`, 6],
    ["an indented line on its own", "  x\n", 1],
    ["what is no manifest", "\x1f\x8b\x08\x00\n", 1],
  ])("refuses %s, and says where", (_, text, line) => {
    let error: unknown;
    try {
      parse(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(isDoppelError(error, "format.bad-manifest") && error.data.line).toBe(line);
  });

  it("tells an empty file from a damaged line", () => {
    expect(() => parse("")).toThrow(/^the manifest is empty; use another copy/);
    expect(() => parse("Hostname x\n")).toThrow(/^the manifest is damaged at line 1: it lists no volume; /);
  });

  it("holds no more than a line", () => {
    const parser = new ManifestParser();
    const chunk = new Uint8Array(1 << 18).fill(0x61);
    expect(
      codeOf(() => {
        for (let i = 0; i < 5; i++) parser.update(chunk);
      }),
    ).toBe("format.bad-manifest");
    expect(codeOf(() => parse(`Localdir ${"a".repeat(1 << 20)}\n`))).toBe("format.bad-manifest");
  });
});

describe("the Filelist", () => {
  it("is written and streamed as stock does", () => {
    const changes: Change[] = [
      { kind: "new", path: pathFromText("a b") },
      { kind: "changed", path: pathFromText("c") },
      { kind: "deleted", path: pathFromText("d/e") },
    ];
    const text = Buffer.concat([formatManifest({ volumes: [volume(1)] }), formatFilelistHead(3), ...changes.map(formatChange)]);
    expect(text.toString().endsWith('Filelist 3\n    new      "a\\x20b"\n    changed  c\n    deleted  d/e\n')).toBe(true);
    const read: Change[] = [];
    const parser = new ManifestParser({ onChange: (change) => read.push(change) });
    parser.update(text);
    parser.finish();
    expect(read).toEqual(changes);
  });

  it.each(["plain-tar-old", "plain-tar-new", "plain-gz-old"])(
    "and all of stock's manifests in %s are written again as they were",
    (set) => {
      const manifests = [...stockFixture(set)].filter(([name]) => name.endsWith(".manifest"));
      expect(manifests.length).toBeGreaterThan(0);
      for (const [, bytes] of manifests) {
        const changes: Change[] = [];
        const parser = new ManifestParser({ onChange: (change) => changes.push(change) });
        parser.update(bytes);
        const again = [formatManifest(parser.finish()), formatFilelistHead(changes.length), ...changes.map(formatChange)];
        expect(Buffer.concat(again).toString("latin1")).toBe(bytes.toString("latin1"));
      }
    },
  );
});

describe("a table of volumes that nobody stored", () => {
  const block = "Volume 1:\n    StartingPath   .\n    EndingPath     z\n    Hash SHA1 00\n";
  const read = (volumes: number | undefined, text: string, times: number): void => {
    const parser = new ManifestParser(volumes === undefined ? {} : { volumes });
    const bytes = Buffer.from(text.repeat(100));
    for (let i = 0; i < times; i += 100) parser.update(bytes);
  };

  it("is refused when it is far longer than what is there", () => {
    const long = `${block}    EndingPath ${"z".repeat(10_000)}\n`;
    read(undefined, long, 6000);
    expect(() => read(undefined, long, 7000)).toThrow(/far more volumes than there are/);
    read(200, long, 7000);
  });
});

describe("volumesFor (spec 2.3)", () => {
  const manifest: Manifest = {
    volumes: [
      volume(1, "", "big", 1),
      volume(2, "big", "big"),
      volume(3, "big", "dir/x"),
      volume(4, "dir/y", "dir.txt"),
      volume(5, "e", "z"),
    ],
  };
  it.each([
    ["", [1, 2, 3, 4, 5]],
    ["a", [1]],
    ["big", [1, 2, 3]],
    ["dir", [3, 4]],
    ["dir/x", [3]],
    ["dir/xx", []],
    ["dir/y/deep", [4]],
    ["dir.txt", [4]],
    ["zz", []],
  ])("for %j", (wanted, expected) => {
    expect(volumesFor(manifest, pathFromText(wanted)).map(({ number }) => number)).toEqual(expected);
  });
});
