import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  dir,
  file,
  type Forged,
  forgeSet,
  MANIFEST,
  ROOT,
  symlink,
  tar,
  tarEntry,
  volumeBlock,
  volumeName,
} from "../badinput/forged-set.ts";
import { DELTA, delta, forgeIncrement, forgeIndex, laidOut, pax } from "./forge.ts";
import { expectTold, makeYard, treeBelow } from "./yard.ts";

const BASIS = "0123456789";
const { end, copy, literal, literalOf } = DELTA;

describe("a delta", () => {
  it.each<[string, readonly Buffer[], RegExp]>([
    ["copies beyond the file it builds upon", [copy(0n, 11n), end], /\ba cannot be put together.*copies 11 bytes from 0.*has 10/],
    ["copies from beyond it", [copy(11n, 1n), end], /\ba cannot be put together.*copies 1 bytes from 11/],
    ["copies 2^63 bytes", [copy(0n, 2n ** 63n), end], /\ba cannot be put together.*longer than any file/],
    [
      "copies 2^64 - 1 bytes from 2^64 - 1",
      [copy(2n ** 64n - 1n, 2n ** 64n - 1n), end],
      /\ba cannot be put together.*(longer|beyond)/,
    ],
    ["copies from where numbers wrap around", [copy(2n ** 64n - 5n, 10n), end], /\ba cannot be put together.*beyond any file/],
    ["copies 2^53 - 1 bytes from 2^53 - 1", [copy(2n ** 53n - 1n, 2n ** 53n - 1n), end], /\ba cannot be put together.*beyond/],
    ["copies nothing", [copy(0n, 0n), end], /\ba cannot be put together.*length 0/],
    [
      "has a literal of 2^63 bytes",
      [literalOf(2n ** 63n), Buffer.alloc(1000), end],
      /\ba cannot be put together.*longer than any file/,
    ],
    ["has a literal of 2^52 bytes", [literalOf(2n ** 52n), Buffer.alloc(1000), end], /\ba cannot be put together.*cut off/],
    ["has no end", [literal("x")], /\ba cannot be put together.*cut off/],
    ["has an unknown command", [Buffer.of(0xff), end], /\ba cannot be put together.*0xff/],
    ["is empty", [], /\ba cannot be put together.*cut off/],
  ])("%s", async (_, commands, told) => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [tar([ROOT, file("a", BASIS), file("z")])]);
      forgeIncrement(target, [tar([delta("a", ...commands)])]);
    });
    expectTold(await yard.attack(["--fail-fast"]), told, [21]);
    expectTold(await yard.attack(["--force"]), /\ba: lost: its content cannot be put together/, [3]);
    yard.expectUntouched();
    expect(treeBelow(yard.restored)).toEqual(["z"]);
  });

  it.each<[string, readonly Forged[], RegExp]>([
    ["of what is not there", [delta("b", end)], /\bb\b.*(builds? upon|base)/],
    ["of a symlink", [delta("l", copy(0n, 6n), end)], /\bl\b.*(builds? upon|base)/],
    ["of a folder", [delta("d", copy(0n, 6n), end)], /\bd\b.*(builds? upon|base)/],
    ["in pieces, of which one is missing", [{ ...delta("a", end), name: "multivol_diff/a/2" }], /\ba\b.*first piece is number 2/],
    [
      "whose entry is a symlink",
      [{ name: "diff/a", type: "2", link: "../outside/canary" }],
      /\ba\b.*delta of something that is not a file/,
    ],
  ])("%s", async (_, increment, told) => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [tar([ROOT, file("a", BASIS), dir("d"), symlink("l", "../outside/canary"), file("z")])]);
      forgeIncrement(target, [tar(increment)]);
    });
    expectTold(await yard.attack(), told);
    yard.expectUntouched();
  });
});

describe("a tar header", () => {
  const garbled = (at: number, text: string): Buffer => {
    const entry = tarEntry(file("a"));
    entry.write(text, at, "latin1");
    return entry;
  };
  const size = (text: string): Buffer => tarEntry({ ...file("a"), size: text });
  const number = /number in a header is malformed/;
  const CASES: readonly [string, readonly Buffer[], RegExp][] = [
    ["with a negative size", [size("-0000000001")], number],
    ["with a size of base 256 that is negative", [size("\xff".repeat(12))], number],
    ["with a size of base 256 of 2^95 - 1", [size(`\x80\x7f${"\xff".repeat(10)}`)], number],
    ["with a size of 2^63", [size(`\x80\0\0\0\x80${"\0".repeat(7)}`)], number],
    ["with a size of 2^53 - 1, which padding takes beyond", [size("\x80\0\0\0\0\x1f\xff\xff\xff\xff\xff\xff")], number],
    ["with a size of 2^52", [size("\x80\0\0\0\0\x10\0\0\0\0\0\0")], /ends in the middle of an entry|cut|short/],
    ["with a size of letters", [size("twelve bytes")], number],
    ["with a size of eights", [size("00000000008\0")], number],
    ["with a size of digits, letters, digits", [size("0001x000000")], number],
    ["with a size that ends in the next field", [size("777777777777")], /ends in the middle of an entry|cut|short/],
    ["with a wrong checksum", [tarEntry({ ...file("a"), checksum: 0 })], /checksum/],
    ["with a checksum of base 256", [garbled(148, "\xff".repeat(8))], /checksum/],
    ["with a checksum of letters", [garbled(148, "checksum")], /checksum/],
    ["of ones only", [Buffer.alloc(512, 0xff)], /checksum/],
    ["that is cut off", [tarEntry(file("a")).subarray(0, 300)], /ends in the middle of a header/],
    ["of a folder with content", [tarEntry({ ...dir("a"), content: "x".repeat(600), size: "00000001130" })], /checksum/],
  ];
  it.each(CASES)("%s", async (_, blocks, told) => {
    const yard = makeYard(({ target }) => forgeSet(target, [Buffer.concat([tarEntry(ROOT), ...blocks])]));
    expectTold(await yard.attack(), told);
    yard.expectUntouched();
    expect(treeBelow(yard.restored).filter((name) => name !== "a/")).toEqual(
      treeBelow(yard.restored).filter((name) => name === "a"),
    );
  });

  const PAX = /pax header is malformed/;
  const record = (text: string): Forged => ({ name: "././@PaxHeader", type: "x", content: Buffer.from(text, "latin1") });
  it.each<[string, readonly Forged[], RegExp]>([
    ["a pax record longer than its header", [record("999999999 path=snapshot/../x\n")], PAX],
    ["a pax record shorter than its key", [record("3 path=snapshot/x\n")], PAX],
    ["a pax record of length 0", [record("0 path=snapshot/x\n")], PAX],
    ["a pax record of a negative length", [record("-9 path=snapshot/x\n")], PAX],
    ["a pax record of twenty digits", [record("99999999999999999999 path=x\n")], PAX],
    ["a pax record without an end", [record("16 path=snapshot")], PAX],
    ["a pax record without a key", [record("6 =ab\n")], /^/],
    ["a pax size of 2^63", [pax({ size: String(2n ** 63n) })], /number in a header/],
    ["a pax size below 0", [pax({ size: "-512" })], /number in a header/],
    ["a pax size beyond the volume", [pax({ size: "1000000" })], /ends in the middle of an entry|cut|short/],
    [
      "a pax header that says it is 2^40 bytes",
      [{ ...pax({ path: "x" }), size: "\x80\0\0\0\0\0\x01\0\0\0\0\0" }],
      /extension header claims/,
    ],
    ["a long name of 2 GiB", [{ name: "././@LongLink", type: "L", size: "20000000000" }], /extension header claims/],
    ["a pax header for all entries with a name", [pax({ path: "snapshot/../outside/x" }, "g")], /".."/],
    ["a pax header that makes a file sparse", [pax({ "GNU.sparse.major": "1" })], PAX],
    [
      "extension headers without an entry",
      Array.from({ length: 200 }, () => pax({ path: "snapshot/x" })),
      /extension headers without an entry/,
    ],
    ["an end behind an extension header", [], /./],
  ])("%s", async (_, entries, told) => {
    const rest = entries.length > 0 ? [file("a")] : [pax({ path: "x" })];
    const yard = makeYard(({ target }) => forgeSet(target, [tar([ROOT, ...entries, ...rest])]));
    expectTold(await yard.attack(), told, [0, 3, 21]);
    yard.expectUntouched();
  });
});

describe("a manifest", () => {
  const volume = tar([ROOT, file("a")]);
  it.each<[string, (right: string) => string, RegExp]>([
    [
      "that names volume 999,999,999",
      (right) => right + volumeBlock(999_999_999, volume),
      /volume 2 is not listed, but volume 999999999 is/,
    ],
    ["that names volume 10^12", (right) => right + volumeBlock(1e12, volume), /without a proper number/],
    ["that names volume 1e9", (right) => right + volumeBlock("1e9", volume), /without a proper number/],
    ["whose paths lead elsewhere", (right) => right.replace("EndingPath     z", "EndingPath     ../../../../outside"), /^$/],
    ["whose paths have a NUL", (right) => right.replace("EndingPath     z", 'EndingPath     "\\x00\\x1b[2J"'), /^$/],
    ["whose host drives a terminal", (right) => right.replace("Hostname forged", "Hostname \x1b[2J\x07"), /^$/],
  ])("%s", async (_, change, told) => {
    const yard = makeYard(({ target }) => forgeSet(target, [volume], change));
    expectTold(await yard.attack(), told, [0, 3, 21]);
    for (const command of ["status", "list"]) {
      const { stdout, stderr } = await yard.doppel([command, "--archive-dir", "no-archive", "target"]);
      // eslint-disable-next-line no-control-regex -- control characters are what it is about
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    }
    yard.expectUntouched();
  });

  it("with a billion volumes: as many as come are refused when they are far more than there are", async () => {
    const count = 400_000;
    const yard = makeYard(({ target }) =>
      forgeSet(target, [volume], (right) => {
        const [block = ""] = /Volume 1:[^]*/.exec(right) ?? [];
        return right + Array.from({ length: count }, (_, n) => block.replace("Volume 1:", `Volume ${n + 2}:`)).join("");
      }),
    );
    expectTold(await yard.attack(), /manifest.*far more volumes than there are/);
    yard.expectUntouched();
    expect(treeBelow(yard.restored)).toEqual([]);
    expect((await yard.doppel(["status", "target"])).code).toBeLessThan(30);
  });

  it("whose volumes have a million hashes, or names of a megabyte", async () => {
    for (const line of ["    Hash SHA1 00\n", `    EndingPath   ${"x".repeat(1_000_000)}\n`]) {
      const times = line.length > 100 ? 80 : 5_000_000;
      const yard = makeYard(({ target }) => forgeSet(target, [volume], (right) => right + line.repeat(times)));
      expectTold(await yard.attack(), /manifest.*far more volumes than there are/);
      yard.expectUntouched();
    }
  });
});

describe("an index", () => {
  const { bytes, offsets } = laidOut([ROOT, file("a"), file("b")]);
  const lines = ["", "a", "b"].map((path, n) => ({
    path,
    type: path === "" ? ("d" as const) : ("f" as const),
    ...(path === "" ? {} : { content: `${path}\n` }),
    offset: offsets[n]!,
  }));
  const huge = Number.MAX_SAFE_INTEGER;
  it.each<[string, Record<string, unknown>]>([
    ["a volume of 2^53 bytes", { tarBytes: huge }],
    ["pieces of 2^53 bytes", { pieceBytes: huge, pieces: [huge, huge] }],
    ["blocks from 2^53", { block: huge }],
    ["contents at 2^53", { contents: huge }],
    ["contents at 0", { contents: 0 }],
    ["a length of 2^53", { end: true, bytes: huge }],
    ["a part of 2^30 bytes", { literalBits: 30, literalStart: huge }],
    ["a length that is negative", { contents: -1 }],
    ["a length that is no number", { contents: "1e9" }],
    ["a list of a million pieces", { pieces: Array.from({ length: 1_000_000 }, () => 1) }],
    ["numbers of volumes without end", { volume: huge }],
    [
      "an encoding of its own",
      { encoding: "gpg", cipher: 9, sessionKey: "00", messageStart: huge, bodyBytes: huge, partBits: 30 },
    ],
  ])("with %s is passed over, or gives what is there", async (_, fields) => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [bytes]);
      forgeIndex(target, bytes.length, lines, (line) => {
        const mine = Object.keys(fields).filter((name) => name in line || ("volume" in line && "encoding" in fields));
        return { ...line, ...Object.fromEntries(mine.map((name) => [name, fields[name]])) };
      });
    });
    for (const options of [
      ["--path-to-restore", "b"],
      ["--path-to-restore", "a", "--force"],
    ]) {
      const outcome = await yard.attack(options);
      expectTold(outcome, /^|index/, [0, 3, 21]);
      if (outcome.code === 0) expect(readFileSync(yard.restored, "utf8")).toBe(`${options[1]}\n`);
      yard.expectUntouched();
    }
  });

  it.each<[string, () => Buffer]>([
    ["of a hundred megabytes of blanks", () => Buffer.alloc(100 << 20, " ")],
    ["whose only line is 40 MB long", () => Buffer.from(`{"index":2,"x":"${"y".repeat(40 << 20)}"}\n`)],
    ["of brackets", () => Buffer.from(`${"[".repeat(1 << 20)}\n{"end":true,${"[".repeat(1 << 16)}\n`)],
    ["of nothing", () => Buffer.alloc(0)],
  ])("%s is passed over", async (_, content) => {
    const yard = makeYard(({ target }) => {
      forgeSet(target, [bytes]);
      writeFileSync(join(target, MANIFEST.replace("manifest", "index")), content());
    });
    const outcome = await yard.attack(["--path-to-restore", "b"]);
    expectTold(outcome, /index.*not used/, [0]);
    const listed = await yard.doppel(["list", "--archive-dir", "no-archive", "target"]);
    expect(listed.code).toBeLessThan(60);
    expect(listed.code).not.toBe(30);
    yard.expectUntouched();
  });
});

it("a receipt of a hundred megabytes is not held", async () => {
  const yard = makeYard(({ target }) => {
    forgeSet(target, [tar([ROOT, file("a")])]);
    writeFileSync(join(target, MANIFEST.replace("manifest", "receipt")), Buffer.alloc(100 << 20, "{"));
  });
  const outcome = await yard.doppel(["audit", "target"], { limits: { cpu: 60, data: 1 << 30, fsize: 1 << 20 } });
  expect(outcome.stdout + outcome.stderr).toMatch(/too large for a receipt|receipt/);
  expect(outcome.code).not.toBe(30);
  yard.expectUntouched();
});

it("an object's name of a thousand letters, of other numbers, with a line break, is foreign", async () => {
  const yard = makeYard(({ target }) => {
    forgeSet(target, [tar([ROOT, file("a")])]);
    for (const name of [
      `${volumeName("9".repeat(30))}`,
      `${volumeName(2)}\n\x1b[2J`,
      "duplicity-full.99999999999999T999999Z.manifest",
      `duplicity-inc.${".to.".repeat(50)}.manifest`,
      "duplicity-full..vol1.difftar",
      `df.${"z".repeat(100)}.1.dt`,
    ])
      writeFileSync(join(target, name), "x");
  });
  const outcome = await yard.attack();
  expectTold(outcome, /^|difftar/, [0, 3]);
  expect(treeBelow(yard.restored)).toEqual(["a"]);
  for (const command of ["status", "cleanup"]) {
    const { stdout, stderr } = await yard.doppel([command, "target"]);
    // eslint-disable-next-line no-control-regex -- control characters are what it is about
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  }
});
