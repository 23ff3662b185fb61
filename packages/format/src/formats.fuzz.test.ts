import { createHash } from "node:crypto";
import { fuzz } from "@doppel/testkit";
import { describe } from "vitest";
import { difftarHeader } from "./difftar.ts";
import { DifftarReader } from "./difftar-reader.ts";
import { formatChange, formatFilelistHead, formatManifest, volumesFor } from "./manifest.ts";
import { ManifestParser } from "./manifest-parser.ts";
import { indexName, manifestName, parseName, receiptName, signaturesName, volumeName } from "./names.ts";
import { quotePath, unquotePath } from "./quoting.ts";
import { parseReceipt } from "./receipt/parse.ts";
import { formatReceipt, receiptHash } from "./receipt/write.ts";
import { findIndexEnd, parseBlocks, parseContents, sealOf } from "./set-index/contents.ts";
import { SetIndexReader } from "./set-index/reader.ts";
import { indexAttributes, indexBlock, indexEnd, indexEntry, indexHead, indexSeal, indexVolume } from "./set-index/write.ts";
import { SigtarReader, sigtarDeletedHeader, sigtarHeader } from "./sigtar.ts";
import { END_OF_ARCHIVE, TAR_BLOCK } from "./tar/header.ts";
import { entry, padded } from "./test-support.ts";
import { parseTime } from "./time.ts";
import { parseTimeExpression } from "./time-expression.ts";

type Pick = (below: number) => number;

/** In pieces of any size. */
function* cut(input: Buffer, pick: Pick): Generator<Buffer> {
  for (let at = 0; at < input.length; ) {
    const size = [1 + pick(3), 512, 1 + pick(2000), input.length][pick(4)]!;
    yield input.subarray(at, at + size);
    at += size;
  }
}

/** Every block that looks like a tar header gets the checksum that it should have. */
function withChecksums(input: Buffer): Buffer {
  const out = Buffer.from(input);
  for (let at = 0; at + TAR_BLOCK <= out.length; at += TAR_BLOCK) {
    const block = out.subarray(at, at + TAR_BLOCK);
    if (!block.toString("latin1", 257, 262).startsWith("usta")) continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
  return out;
}

const SET = { kind: "full", start: new Date(1.7e12), end: new Date(1.7e12) } as const;
const INC = { kind: "inc", start: new Date(1.7e12), end: new Date(1.71e12) } as const;
const long = "long/".repeat(30);
const content = padded(Buffer.from("content\n"));
const volume = Buffer.concat([
  difftarHeader("snapshot", entry("", "dir")),
  difftarHeader("snapshot", entry("a", "file", { size: 8 })),
  content,
  difftarHeader("snapshot", entry(`${long}b`, "symlink", { linkTarget: `${long}x`.repeat(3) as never })),
  difftarHeader("diff", entry("m", "file", { size: 8 }), { number: 1, size: 8 }),
  content,
  difftarHeader("diff", entry("m", "file", { size: 8 }), { number: 2, size: 8 }),
  content,
  difftarHeader("deleted", entry("n")),
  difftarHeader("snapshot", entry("o", "chardev", { device: { major: 1, minor: 3 }, uid: 3_000_000 })),
  END_OF_ARCHIVE,
]);
const sigtar = Buffer.concat([
  sigtarHeader(entry("", "dir"), 0),
  sigtarHeader(entry("a"), 8),
  content,
  sigtarHeader(entry(long.slice(0, -1), "dir"), 0),
  sigtarDeletedHeader(entry("z").path),
  END_OF_ARCHIVE,
]);
const TAR_WORDS = [
  ..."snapshot/ diff/ deleted/ multivol_snapshot/ signature/ ../ /./ // /1 ././@LongLink".split(" "),
  ...["L", "K", "x", "g", "S"].map((type) => Buffer.from(`\0${type}`)),
  "\0",
  "ustar  \0",
  "ustar\u000000",
  "30 path=snapshot/../x\n",
  "11 size=-1\n",
  "9 uid=-1\n",
  "22 GNU.sparse.major=1\n",
  Buffer.alloc(TAR_BLOCK),
  Buffer.from("\xff".repeat(12), "latin1"),
  Buffer.from("\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", "latin1"),
];

describe("fuzzing", () => {
  fuzz("a volume", {
    corpus: [volume],
    words: TAR_WORDS,
    mend: withChecksums,
    read(input, pick) {
      const reader = new DifftarReader({ partial: pick(2) === 0 });
      reader.beginVolume(1);
      for (const chunk of cut(input, pick)) reader.update(chunk);
      reader.endVolume(true);
      reader.finish();
    },
  });

  fuzz("a signature archive", {
    corpus: [sigtar],
    words: TAR_WORDS,
    mend: withChecksums,
    read(input, pick) {
      const reader = new SigtarReader();
      for (const chunk of cut(input, pick)) reader.update(chunk);
      reader.finish();
    },
  });

  const hashes = new Map([["SHA1", "0".repeat(40)]]);
  const bound = (path: string, block?: number) => ({ path: entry(path).path, ...(block === undefined ? {} : { block }) });
  const manifest = Buffer.concat([
    formatManifest({
      hostname: entry("host").path,
      localDir: entry("/home/x y").path,
      volumes: [
        { number: 1, start: bound(""), end: bound("a b", 3), hashes },
        { number: 2, start: bound("a b", 4), end: bound("z\n"), hashes },
      ],
    }),
    formatFilelistHead(2),
    formatChange({ kind: "new", path: entry("a b").path }),
    formatChange({ kind: "deleted", path: entry("z\n").path }),
  ]);
  fuzz("a manifest", {
    corpus: [manifest],
    words: [
      "Volume 1:\n",
      "Volume 999999999:\n",
      "    StartingPath   .\n",
      "    EndingPath     z\n",
      "    Hash SHA1 00\n",
      "Filelist 1\n",
      '"',
      "\\x",
      "\r\n",
    ],
    read(input, pick) {
      const parser = new ManifestParser({ onChange: () => {}, volumes: pick(3) });
      for (const chunk of cut(input, pick)) parser.update(chunk);
      volumesFor(parser.finish(), entry("a").path);
    },
  });

  fuzz("a quoted path", {
    corpus: ['"a\\x20b"', ".", '"', "a'b"],
    words: ["\\x", '\\"', "\\x00", '"'],
    read(input) {
      const path = unquotePath(input.toString("latin1"));
      if (path !== undefined && unquotePath(quotePath(path)) !== path && path !== ".")
        throw new Error("is not quoted as it is unquoted");
    },
  });

  const names = [
    ...[SET, INC].flatMap((set) => [
      volumeName(set, 12, "gpg"),
      manifestName(set, "gpg"),
      signaturesName(set, "gzip"),
      indexName(set, "gpg"),
      receiptName(set),
    ]),
    "duplicity-full.2026-11-21T21:41:22-05:00.vol1.difftar.gpg",
    "df.zzzz.1.dt.g",
    "dns.zz.zzz.st.z",
  ];
  fuzz("an object's name", {
    corpus: names,
    words: [".to.", ".vol", ".difftar", ".gpg", ".part", "duplicity-", "full-signatures", "T", "Z", ".", "\n", "\0"],
    read(input) {
      parseName(input.toString("latin1"));
      parseName(`p-${input.toString("utf8")}`, { all: "p-", archive: "a", manifest: "m", signature: "s" }, "_");
    },
  });

  fuzz("a time", {
    corpus: ["now", "3D12h", "2026-11-22", "11/22/2026", "2026-11-22T02:43:19+05:30", "1700000000", "20261123T080152Z", "9Y9M9W"],
    words: ["T", "Z", "+24:00", "-99:99", "/", "s", "m", "Y", "W"],
    read(input) {
      const text = input.subarray(0, 5000).toString("utf8");
      parseTime(text, ["_", "+", "]", "\\", "(", ""][text.length % 6]);
      parseTimeExpression(text, new Date(1.7e12));
    },
  });

  const receipt = formatReceipt({
    set: INC,
    host: "host",
    program: "doppel",
    started: new Date(1.7e12),
    finished: new Date(1.7e12),
    objects: [{ name: "x", role: "volume", size: 5, sha256: "0".repeat(64) }],
    encryption: { kind: "keys", keyIds: ["0123456789ABCDEF"] },
    counts: {
      entries: 1,
      files: 1,
      sourceBytes: 1,
      newEntries: 1,
      changedEntries: 0,
      deletedEntries: 0,
      contentBytes: 1,
      storedBytes: 1,
      errors: 0,
    },
    notices: {},
    chain: "continued",
    previous: { name: "y", sha256: "1".repeat(64) },
    folders: [{ name: "f", files: 1, bytes: 1, changedFiles: 1, changedBytes: 1, ratio: 0.5 }],
  } as never);
  const hash = createHash("sha256").update(receipt).digest();
  fuzz("a receipt", {
    corpus: [Buffer.concat([receipt, receiptHash(hash)])],
    words: ['{"receipt":1', '"', "{", "}", "[", "]", "null", "1e999", '"__proto__":{}', "\n", "\\u0000", "\\ud800"],
    read: (input) => void parseReceipt(input),
  });

  const head = indexHead(INC);
  const lines = [
    indexEntry(indexAttributes("snapshot", entry("a", "file", { size: 8 })), Buffer.alloc(32), [{ volume: 1, offset: 512 }]),
    indexEntry(indexAttributes("snapshot", entry("l", "symlink", { linkTarget: "x" as never })), undefined, [
      { volume: 1, offset: 1024 },
    ]),
  ].join("");
  const sha256 = createHash("sha256").update(lines).digest("base64url");
  const contents =
    indexVolume({ number: 1, tarBytes: 4096, pieceBytes: 1 << 20, pieces: [4096], layout: { encoding: "plain" } }) +
    indexBlock({ offset: head.length, from: entry("a").path, sha256 });
  const end = indexEnd({
    set: INC,
    entries: 2,
    volumes: 1,
    blocks: 1,
    bytes: 999,
    contents: head.length + lines.length,
    pieceBytes: 65_536,
    pieces: [],
    headerBytes: 0,
    literalStart: 0,
    literalBits: 0,
    compressed: false,
  });
  fuzz("an index", {
    corpus: [Buffer.from(head + lines + contents + end + indexSeal(Buffer.alloc(32)), "latin1")],
    words: [
      '{"end":true,',
      '{"volume":',
      "[",
      "]",
      "{",
      "}",
      '"',
      ",",
      "null",
      "1e999",
      "-0",
      '"__proto__"',
      "\n",
      '["a","s","f"',
    ],
    read(input, pick) {
      for (const step of [
        () => {
          const reader = new SetIndexReader();
          for (const chunk of cut(input, pick)) reader.update(chunk);
          reader.finish();
        },
        () => parseBlocks(input),
        () => sealOf(input),
      ])
        attempt(step);
      const found = findIndexEnd(input);
      if (found) parseContents(input.subarray(Math.min(input.length, found.contents)), found);
    },
  });
});

/** One of several readers of the same: the others have their turn, too. */
function attempt(step: () => unknown): void {
  try {
    step();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "format.bad-index") throw error;
  }
}
