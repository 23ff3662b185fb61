import { type BytePath, comparePaths, type PathEntry } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SetId } from "../names.ts";
import { codeOf, pieces, singles } from "../test-support.ts";
import { SetIndexReader } from "./reader.ts";
import type { IndexBlock, IndexedEntry, IndexedVolume, IndexEnd, IndexItem, ObjectKey } from "./records.ts";
import { blocksFor, findIndexEnd, parseBlocks, parseContents, sealOf } from "./contents.ts";
import {
  indexAttributes,
  indexBlock,
  indexEnd,
  indexEntry,
  indexHead,
  indexKey,
  indexSeal,
  indexVolume,
  SEAL_BYTES,
} from "./write.ts";

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
const byteText = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const places = fc.array(fc.record({ volume: fc.nat(99), offset: fc.nat() }), { minLength: 1, maxLength: 3 });
const numbers = { mode: fc.nat(0o7777), uid: fc.nat(), gid: fc.nat(), mtime: fc.maxSafeNat(), uname: byteText, gname: byteText };
const entries = fc.oneof(
  fc.record({ type: fc.constant("file" as const), size: fc.maxSafeNat(), ...numbers }),
  fc.record({ type: fc.constantFrom("dir" as const, "fifo" as const), size: fc.constant(0), ...numbers }),
  fc.record({ type: fc.constant("symlink" as const), size: fc.constant(0), linkTarget: byteText.map(asPath), ...numbers }),
  fc.record({
    type: fc.constantFrom("chardev" as const, "blockdev" as const),
    size: fc.constant(0),
    device: fc.record({ major: fc.nat(), minor: fc.nat() }),
    ...numbers,
  }),
);
const paths = fc
  .uniqueArray(
    fc
      .array(
        byteText.filter((name) => name !== "" && !/[/\0]/.test(name)),
        { maxLength: 3 },
      )
      .map((parts) => asPath(parts.join("/"))),
    { maxLength: 6 },
  )
  .map((list) => [...list].sort(comparePaths));
const records = paths.chain((list) =>
  fc.tuple(
    ...list.map((path) =>
      fc
        .tuple(
          entries,
          places,
          fc.uint8Array({ minLength: 32, maxLength: 32 }),
          fc.constantFrom("snapshot" as const, "diff" as const),
        )
        .map(
          ([entry, where, sha256, kind]): IndexedEntry => ({
            kind: entry.type === "file" ? kind : "snapshot",
            entry: { path, ...entry } as PathEntry,
            ...(entry.type === "file" ? { sha256: Buffer.from(sha256).toString("base64url") } : {}),
            places: where,
          }),
        ),
    ),
  ),
);
const layout = fc.oneof(
  fc.constant({ encoding: "plain" as const }),
  fc.record({ encoding: fc.constant("gzip" as const), headerBytes: fc.nat(99) }),
  fc.record({
    encoding: fc.constant("gpg" as const),
    cipher: fc.nat(13),
    sessionKey: fc.uint8Array({ maxLength: 32 }),
    messageStart: fc.nat(),
    bodyBytes: fc.maxSafeNat(),
    partBits: fc.nat(30),
    compressed: fc.boolean(),
    literalStart: fc.nat(),
    literalBits: fc.nat(30),
  }),
);
const volumes: fc.Arbitrary<readonly IndexedVolume[]> = fc.uniqueArray(
  fc.record({
    number: fc.nat(),
    tarBytes: fc.maxSafeNat(),
    pieceBytes: fc.integer({ min: 1 }),
    pieces: fc.array(fc.nat()),
    layout,
  }),
  { maxLength: 3, selector: ({ number }) => number },
);
const second = fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }).map((time) => new Date(time * 1000));
const sets: fc.Arbitrary<SetId> = fc.oneof(
  second.map((time) => ({ kind: "full" as const, start: time, end: time })),
  fc.tuple(second, second).map(([start, end]) => ({ kind: "inc" as const, start, end })),
);

function asPath(text: string): BytePath {
  return text as BytePath;
}

const SEALED = Buffer.alloc(32, 1);
const KEYS: readonly ObjectKey[] = [{ object: "manifest", cipher: 9, sessionKey: new Uint8Array(32) }];

function endOf(set: SetId, counts: Partial<IndexEnd>): IndexEnd {
  const counted = { entries: 0, volumes: 0, blocks: 0, bytes: 0, contents: 0, ...counts };
  const itself = { pieceBytes: 65_536, pieces: [40_000, 3], headerBytes: 0, literalStart: 0, literalBits: 18, compressed: true };
  return { set, ...counted, ...itself };
}

interface Written {
  readonly bytes: Buffer;
  readonly blocks: readonly IndexBlock[];
  readonly end: IndexEnd;
}

/** Two entries a block. */
function whole(set: SetId, list: readonly IndexedEntry[], parts: readonly IndexedVolume[]): Written {
  let text = indexHead(set);
  const blocks: IndexBlock[] = [];
  for (const [i, { kind, entry, sha256, places }] of list.entries()) {
    if (i % 2 === 0) blocks.push({ offset: text.length, from: entry.path, sha256: SEALED.toString("base64url") });
    text += indexEntry(indexAttributes(kind, entry), sha256 === undefined ? undefined : Buffer.from(sha256, "base64url"), places);
  }
  const counts = { entries: list.length, volumes: parts.length, blocks: blocks.length, contents: text.length };
  text += [...parts.map(indexVolume), ...KEYS.map(indexKey), ...blocks.map(indexBlock), "  "].join("");
  const end = endOf(set, { ...counts, bytes: text.length + indexEnd(endOf(set, counts)).length + SEAL_BYTES });
  return { bytes: bytesOf(text + indexEnd(end) + indexSeal(SEALED)), blocks, end };
}

function written(set: SetId, list: readonly IndexedEntry[], parts: readonly IndexedVolume[]): Buffer {
  return whole(set, list, parts).bytes;
}

function read(chunks: readonly Uint8Array[]): readonly IndexItem[] {
  const reader = new SetIndexReader();
  const items = chunks.flatMap((chunk) => reader.update(chunk));
  reader.finish();
  return items;
}

describe("an index", () => {
  it("is read as it was written, however it comes", () => {
    fc.assert(
      fc.property(sets, records, volumes, fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (set, list, parts, cuts) => {
        const { bytes, blocks, end } = whole(set, list, parts);
        expect(bytes.length).toBe(end.bytes);
        const items = read([bytes]);
        expect(items).toEqual([
          { type: "head", set },
          ...list.map((record) => ({ type: "entry", record })),
          ...parts.map((record) => ({ type: "volume", record })),
          ...KEYS.map((record) => ({ type: "key", record })),
          ...blocks.map((record) => ({ type: "block", record })),
          { type: "end", record: end },
        ]);
        expect(read(pieces(bytes, cuts))).toEqual(items);
        expect(read(singles(bytes))).toEqual(items);
      }),
      { numRuns: 60 },
    );
  });

  it("is read from its end, block by block, for any path", () => {
    fc.assert(
      fc.property(sets, records, volumes, fc.nat(), fc.nat(), (set, list, parts, cutAt, which) => {
        const { bytes, blocks, end } = whole(set, list, parts);
        const behind = bytesOf("a signature, perhaps");
        expect(findIndexEnd(Buffer.concat([bytes.subarray(cutAt % end.contents), behind]))).toEqual(end);
        const contents = bytes.subarray(end.contents);
        expect(sealOf(contents)).toEqual({ sealed: contents.length - SEAL_BYTES, mac: SEALED.toString("base64url") });
        const found = parseContents(contents, end);
        expect(found).toEqual({ blocks, keys: KEYS, volumes: new Map(parts.map((part) => [part.number, part])) });
        if (list.length === 0) return;
        const { path } = list[which % list.length]!.entry;
        const range = blocksFor(blocks, (other) => comparePaths(other, path));
        expect(range.end - range.first).toBeLessThanOrEqual(2);
        const lines = bytes.subarray(blocks[range.first]!.offset, blocks[range.end]?.offset ?? end.contents);
        expect(parseBlocks(lines).find(({ entry }) => entry.path === path)).toEqual(list[which % list.length]);
      }),
      { numRuns: 60 },
    );
  });

  it("that was changed anywhere is refused, or says something; nothing else is thrown", () => {
    fc.assert(
      fc.property(sets, records, volumes, fc.nat(), fc.nat(255), (set, list, parts, at, value) => {
        const bytes = written(set, list, parts);
        bytes[at % bytes.length] = value;
        try {
          read([bytes]);
        } catch (error) {
          expect((error as { code?: string }).code).toBe("format.bad-index");
        }
      }),
    );
  });

  const set: SetId = { kind: "full", start: new Date(1.7e12), end: new Date(1.7e12) };
  const head = indexHead(set);
  const end = (entries: number, volumes = 0): string => indexEnd(endOf(set, { entries, volumes })) + indexSeal(SEALED);
  const row = '["a","s","f",420,0,0,"","",1,0,null,"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",1,0]\n';
  it("of one entry is taken, so that what follows is refused for what it says", () => {
    expect(read([bytesOf(head + row + end(1))])).toHaveLength(3);
  });

  it.each([
    ["nothing", ""],
    ["no end", head + row],
    ["half a last line", head + row + end(1).slice(0, -1)],
    ["a wrong count", head + row + end(2)],
    ["something behind its end", head + end(0) + row],
    ["another version", head.replace('"index":2', '"index":3') + end(0)],
    ["no head", row + end(1)],
    ["an entry behind the contents", `${head}{"block":0,"from":"a","sha256":"${SEALED.toString("base64url")}"}\n${row}${end(1)}`],
    ["the key of what it does not know", `${head}{"object":"volume","cipher":9,"sessionKey":"00"}\n${end(0)}`],
    ["entries out of order", head + row.replace('"a"', '"b"') + row + end(2)],
    ["an entry twice", head + row + row + end(2)],
    ["an entry that is nowhere", head + row.replace(",1,0]", "]") + end(1)],
    ["half a place", head + row.replace(",1,0]", ",1]") + end(1)],
    ["an unknown kind", head + row.replace('"s"', '"q"') + end(1)],
    ["a short digest", head + row.replace("47DE", "") + end(1)],
    ["a negative number", head + row.replace("420", "-1") + end(1)],
    ["a link to nowhere", head + row.replace('"f"', '"l"') + end(1)],
    ["a volume without pieces", `${head}{"volume":1,"encoding":"plain","tarBytes":1,"pieceBytes":1}\n${end(0, 1)}`],
    ["null", `${head}null\n${end(0)}`],
  ])("with %s is refused", (_, text) => {
    expect(codeOf(() => read([bytesOf(text)]))).toBe("format.bad-index");
  });

  it("takes a line of absurd length for damage, and does not hold it", () => {
    const reader = new SetIndexReader();
    const mebibyte = Buffer.alloc(1 << 20, 0x20);
    expect(codeOf(() => Array.from({ length: 20 }, () => reader.update(mebibyte)))).toBe("format.bad-index");
  });
});
