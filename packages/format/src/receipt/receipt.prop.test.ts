import { displayText } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SetId } from "../names.ts";
import { codeOf } from "../test-support.ts";
import { parseReceipt } from "./parse.ts";
import type { Receipt } from "./receipt.ts";
import { formatReceipt, receiptHash, receiptSignature } from "./write.ts";

const size = fc.maxSafeNat();
const shown = fc.string({ unit: "binary", maxLength: 20 }).map((text) => displayText(Buffer.from(text).toString()));
const sha256 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const seconds = fc.integer({ min: 1, max: 4_000_000_000 }).map((count) => new Date(count * 1000));
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 }).map((count) => new Date(count));
const set: fc.Arbitrary<SetId> = fc.oneof(
  seconds.map((time): SetId => ({ kind: "full", start: time, end: time })),
  fc.tuple(seconds, seconds).map(([start, end]): SetId => ({ kind: "inc", start, end })),
);
const chain = fc.oneof(
  fc.constantFrom({ chain: "first" as const }, { chain: "unknown" as const }),
  fc.record({ chain: fc.constant("continued" as const), previous: fc.record({ name: shown, sha256 }) }),
);
const byName = { selector: ({ name }: { readonly name: string }) => name };
const object = fc.record(
  {
    name: shown,
    role: fc.constantFrom("volume" as const, "signatures" as const, "manifest" as const, "index" as const),
    size,
    sha256,
    checksum: fc.record({ kind: shown, value: shown }),
  },
  { requiredKeys: ["name", "role", "size"] },
);
const folder = fc.record(
  {
    name: shown,
    files: size,
    bytes: size,
    changedFiles: size,
    changedBytes: size,
    ratio: fc.double({ min: 0, max: 2, noNaN: true }).map((ratio) => ratio + 0),
  },
  { requiredKeys: ["name", "files", "bytes", "changedFiles", "changedBytes"] },
);
const receipts: fc.Arbitrary<Receipt> = fc
  .tuple(
    fc.record({
      set,
      host: shown,
      program: shown,
      started: instant,
      finished: instant,
      objects: fc.uniqueArray(object, { ...byName, maxLength: 8 }),
      encryption: fc.oneof(
        fc.record({
          kind: fc.constant("keys" as const),
          keyIds: fc.array(
            sha256.map((text) => text.slice(0, 16).toUpperCase()),
            { maxLength: 3 },
          ),
        }),
        fc.constantFrom({ kind: "passphrase" as const }, { kind: "none" as const }),
      ),
      counts: fc.record({
        entries: size,
        files: size,
        sourceBytes: size,
        newEntries: size,
        changedEntries: size,
        deletedEntries: size,
        contentBytes: size,
        storedBytes: size,
        errors: size,
      }),
      folders: fc.uniqueArray(folder, { ...byName, maxLength: 8 }),
      notices: fc.dictionary(shown, size, { maxKeys: 4, noNullPrototype: true }),
    }),
    chain,
  )
  .map(([record, link]) => ({ ...record, ...link }));

const HASH = Buffer.alloc(32, 7);
const sealed = (receipt: Receipt): Buffer => Buffer.concat([formatReceipt(receipt), receiptHash(HASH)]);

const FULL: SetId = { kind: "full", start: new Date("2026-11-22T02:43:19Z"), end: new Date("2026-11-22T02:43:19Z") };
const SMALL: Receipt = {
  set: FULL,
  host: "web1",
  program: "doppel 0.1.0",
  started: new Date("2026-11-22T02:43:19.250Z"),
  finished: new Date("2026-11-22T02:44:00Z"),
  objects: [{ role: "volume", name: "duplicity-full.20261122T024319Z.vol1.difftar.gpg", size: 7, sha256: "ab".repeat(32) }],
  encryption: { kind: "keys", keyIds: ["0123456789ABCDEF"] },
  counts: {
    entries: 3,
    files: 2,
    sourceBytes: 5,
    newEntries: 3,
    changedEntries: 0,
    deletedEntries: 0,
    contentBytes: 5,
    storedBytes: 7,
    errors: 0,
  },
  folders: [{ name: "etc", files: 2, bytes: 5, changedFiles: 2, changedBytes: 5, ratio: 0.25 }],
  notices: { unreadable: 1 },
  chain: "first",
};

describe("receipts", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(receipts, fc.boolean(), (receipt, isSigned) => {
        const signature = Buffer.alloc(64, 9);
        const whole = sealed(receipt);
        const bytes = isSigned ? Buffer.concat([whole, receiptSignature(signature)]) : whole;
        const parsed = parseReceipt(bytes);
        expect(parsed.receipt).toEqual(receipt);
        expect(parsed.sha256).toBe(HASH.toString("hex"));
        expect(parsed.hashed).toBe(formatReceipt(receipt).length);
        expect(parsed.signature).toEqual(isSigned ? { ed25519: new Uint8Array(signature), signed: whole.length } : undefined);
      }),
    );
  });

  it("are read or refused, whatever a byte of them becomes", () => {
    const whole = sealed(SMALL);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(whole);
        bytes[at] = byte;
        try {
          parseReceipt(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "format.bad-receipt" });
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("are refused when they are cut off anywhere", () => {
    const whole = sealed(SMALL);
    for (let length = 0; length < whole.length; length++) {
      expect(codeOf(() => parseReceipt(whole.subarray(0, length)))).toBe("format.bad-receipt");
    }
  });

  it("never fail in another way", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 6 }), (lines) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        expect(codeOf(() => parseReceipt(bytes))).toBe("format.bad-receipt");
      }),
    );
  });

  it("stand as FORMAT.md says", () => {
    expect(sealed(SMALL).toString()).toMatchInlineSnapshot(`
      "{"receipt":1,"kind":"full","time":"20261122T024319Z","host":"web1","program":"doppel 0.1.0","started":"2026-11-22T02:43:19.250Z","finished":"2026-11-22T02:44:00.000Z"}
      {"encryption":"keys","keyIds":["0123456789ABCDEF"]}
      {"counts":{"entries":3,"files":2,"sourceBytes":5,"newEntries":3,"changedEntries":0,"deletedEntries":0,"contentBytes":5,"storedBytes":7,"errors":0}}
      {"notices":{"unreadable":1}}
      {"chain":"first"}
      {"folder":"etc","files":2,"bytes":5,"changedFiles":2,"changedBytes":5,"ratio":0.25}
      {"object":"duplicity-full.20261122T024319Z.vol1.difftar.gpg","role":"volume","size":7,"sha256":"abababababababababababababababababababababababababababababababab"}
      {"sha256":"0707070707070707070707070707070707070707070707070707070707070707"}
      "
    `);
  });

  it("may say more than is known here", () => {
    const lines = sealed(SMALL).toString().split("\n");
    lines[0] = lines[0]!.replace("}", ',"more":{"than":["that"]}}');
    lines.splice(2, 0, '{"novelty":true}');
    expect(parseReceipt(Buffer.from(lines.join("\n"))).receipt).toEqual(SMALL);
  });
});

describe("a receipt is refused", () => {
  const edit = (change: (lines: string[]) => void): Buffer => {
    const lines = sealed(SMALL).toString().split("\n");
    change(lines);
    return Buffer.from(lines.join("\n"));
  };
  const cases: readonly (readonly [string, Buffer])[] = [
    ["of another version", edit((lines) => (lines[0] = lines[0]!.replace('"receipt":1', '"receipt":2')))],
    ["with a key twice", edit((lines) => (lines[0] = lines[0]!.replace('"host"', '"host":"a","h\\u006fst"')))],
    ["with a key twice, deeper", edit((lines) => (lines[2] = lines[2]!.replace('"files"', '"files":1,"files"')))],
    ["with a line twice", edit((lines) => lines.splice(2, 0, lines[2]!))],
    ["with a head twice", edit((lines) => lines.splice(1, 0, lines[0]!))],
    ["with a folder twice", edit((lines) => lines.splice(5, 0, lines[5]!))],
    ["with an object twice", edit((lines) => lines.splice(6, 0, lines[6]!))],
    ["with a hash twice", edit((lines) => lines.splice(7, 0, lines[7]!))],
    ["with something behind its hash", edit((lines) => lines.splice(8, 0, '{"novelty":true}'))],
    ["signed before its hash", edit((lines) => lines.splice(7, 0, receiptSignature(Buffer.alloc(64)).toString().trim()))],
    ["with a blank line", edit((lines) => lines.splice(3, 0, ""))],
    ["with a negative size", edit((lines) => (lines[6] = lines[6]!.replace('"size":7', '"size":-7')))],
    ["with a size that is no number", edit((lines) => (lines[6] = lines[6]!.replace('"size":7', '"size":"7"')))],
    ["with an infinite ratio", edit((lines) => (lines[5] = lines[5]!.replace("0.25", "1e999")))],
    ["with a digest that is none", edit((lines) => (lines[6] = lines[6]!.replace("abab", "ABAB")))],
    ["with a terminal's commands", edit((lines) => (lines[0] = lines[0]!.replace("web1", "\\u001b[2J")))],
    ["with text that goes backwards", edit((lines) => (lines[5] = lines[5]!.replace('"etc"', '"\\u202eetc"')))],
    ["with a day that is none", edit((lines) => (lines[0] = lines[0]!.replace("2026-11-22T02:44", "2026-13-22T02:44")))],
    ["with a chain that contradicts itself", edit((lines) => (lines[4] = lines[4]!.replace("first", "continued")))],
    ["with depth", edit((lines) => lines.splice(3, 0, `{"x":${"[".repeat(30_000)}${"]".repeat(30_000)}}`))],
    ["with a line that is too long", edit((lines) => lines.splice(3, 0, `{"x":"${"x".repeat(1 << 16)}"}`))],
    ["that is not UTF-8", Buffer.concat([Buffer.from('{"receipt":1,"x":"'), Buffer.from([0xff]), Buffer.from('"}\n')])],
    ["that is too large", Buffer.alloc((64 << 20) + 1)],
  ];
  it.each(cases)("%s", (_, bytes) => {
    expect(codeOf(() => parseReceipt(bytes))).toBe("format.bad-receipt");
  });

  it("with too many folders", () => {
    const folders = Array.from({ length: 1002 }, (_, i) => ({ ...SMALL.folders[0]!, name: `f${i}` }));
    expect(codeOf(() => parseReceipt(sealed({ ...SMALL, folders })))).toBe("format.bad-receipt");
    expect(parseReceipt(sealed({ ...SMALL, folders: folders.slice(0, 1001) })).receipt.folders).toHaveLength(1001);
  });
});
