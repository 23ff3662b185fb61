import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, createDeflateRaw, createGzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { file, type Forged, forgeSet, MANIFEST, ROOT, SET_TIME, tar, tarEntry, volumeName } from "../badinput/forged-set.ts";
import { describeFullDisks, mountTmpfs } from "../badinput/tmpfs.ts";
import { DELTA, delta, forgeIncrement } from "./forge.ts";
import { compressed, literal, packet, sealed, type Sealing, TAG } from "./openpgp.ts";
import { expectTold, makeYard, treeBelow } from "./yard.ts";

const GIB = 1 << 30;
const passphrase = "known to everybody who may write here";
const env = { PASSPHRASE: passphrase };

/** `head`, then `unit` again and again up to `size` bytes, compressed: about a thousandth of it. */
async function deflated(head: Buffer, unit: Buffer, size: number, engine: "gzip" | "raw" = "gzip"): Promise<Buffer> {
  const stream = (engine === "gzip" ? createGzip : createDeflateRaw)({ level: 9, strategy: constants.Z_RLE });
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  const block = Buffer.alloc((1 << 20) - ((1 << 20) % unit.length), unit);
  stream.write(head);
  for (let at = 0; at < size; at += block.length) await new Promise<void>((resolve) => void stream.write(block, () => resolve()));
  await new Promise<void>((resolve) => stream.on("end", resolve).end());
  return Buffer.concat(chunks);
}

/** A set of one volume, in a suffix of its own, with a manifest that is right about it. */
function forgeVolume(
  target: string,
  suffix: ".gz" | ".gpg",
  volume: Buffer,
  manifest: (text: string) => Buffer = (text) => Buffer.from(text),
): void {
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, volumeName(1) + suffix), volume);
  const hash = createHash("sha1").update(volume).digest("hex");
  const text = `Hostname forged\nLocaldir /forged\nVolume 1:\n    StartingPath   .\n    EndingPath     z\n    Hash SHA1 ${hash}\n`;
  writeFileSync(join(target, suffix === ".gpg" ? `${MANIFEST}.gpg` : MANIFEST), manifest(text));
}

/** A gpg set whose volume holds these packets. */
function forgeSealed(target: string, packets: Uint8Array, options: Partial<Sealing> = {}): void {
  forgeVolume(target, ".gpg", sealed(packets, { passphrase, ...options }), (text) =>
    sealed(compressed(literal(Buffer.from(text))), { passphrase }),
  );
}

const good = tar([ROOT, file("a")]);

describe("what inflates without end is read no further than the tar headers promise", () => {
  it("zeros behind the end of a volume", async () => {
    const volume = await deflated(good, Buffer.of(0), GIB);
    expect(volume.length).toBeLessThan(GIB / 900);
    const yard = makeYard(({ target }) => forgeVolume(target, ".gz", volume));
    expectTold(await yard.attack(), /vol1\.difftar\.gz is damaged.*follow its end/);
    yard.expectUntouched();
  });

  it("zeros in the place of signatures", async () => {
    const sigtar = await deflated(Buffer.alloc(1024), Buffer.of(0), GIB);
    const yard = makeYard(({ target }) => {
      forgeSet(target, [good]);
      writeFileSync(join(target, `duplicity-full-signatures.${SET_TIME}.sigtar.gz`), sigtar);
    });
    const limits = { cpu: 120, data: GIB, fsize: 1 << 28 };
    const listed = await yard.doppel(["list", "--archive-dir", "no-archive", "target"], { limits });
    expectTold(listed, /sigtar\.gz.*follow its end/, [21, 52]);
    yard.expectUntouched();
  });

  it("a signature of a terabyte, blocks of four gigabytes, when a backup builds upon it", async () => {
    const signature = (head: string, size: string): Buffer =>
      tarEntry({ name: "signature/one", content: Buffer.from(head, "hex"), size });
    for (const [head, size] of [
      ["72730136ffffffff00000008", "00000000014"],
      ["727301360000000100000001", "\x80\0\0\0\0\0\x01\0\0\0\0\0"],
      ["727301360000000000000008", "00000000014"],
      ["727301360000020000000010", "77777777777"],
    ] as const) {
      const yard = makeYard(({ target }) => {
        forgeSet(target, [good]);
        writeFileSync(
          join(target, `duplicity-full-signatures.${SET_TIME}.sigtar`),
          Buffer.concat([signature(head, size), Buffer.alloc(2048)]),
        );
      });
      const args = [
        "incremental",
        "--no-encryption",
        "--allow-source-mismatch",
        "--archive-dir",
        yard.archive,
        yard.source,
        yard.target,
      ];
      const outcome = await yard.doppel(args, { limits: { cpu: 60, data: GIB, fsize: 1 << 28 } });
      expect([0, 20, 21, 52], outcome.stderr).toContain(outcome.code);
      expect(outcome.stderr).not.toMatch(/\bbug\b|heap|RangeError/);
    }
  });

  it("an index", async () => {
    const index = await deflated(Buffer.alloc(0), Buffer.from(" \n"), GIB);
    const yard = makeYard(({ target }) => {
      forgeVolume(target, ".gz", Buffer.from(readGzip(good)));
      writeFileSync(join(target, `${MANIFEST.replace("manifest", "index")}.gz`), index);
    });
    const outcome = await yard.attack(["--path-to-restore", "a"]);
    expectTold(outcome, /index\.gz is not used/, [0]);
    expect(readFileSync(yard.restored, "utf8")).toBe("a\n");
    yard.expectUntouched();
  });
});

function readGzip(bytes: Buffer): Buffer {
  // Stored, not deflated: a gzip member by hand.
  const stored = Buffer.alloc(5);
  stored[0] = 1;
  stored.writeUInt16LE(bytes.length, 1);
  stored.writeUInt16LE(~bytes.length & 0xffff, 3);
  const end = Buffer.alloc(8);
  end.writeUInt32LE(crc32(bytes), 0);
  end.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3), stored, bytes, end]);
}

function crc32(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

describeFullDisks("what is promised and does not fit", () => {
  it.each<[string, () => Promise<Buffer>]>([
    ["a file of a terabyte", async () => deflated(Buffer.concat([tarEntry(ROOT), header("a", 2 ** 40)]), Buffer.of(0x78), GIB)],
    ["a file of as much as comes", async () => deflated(Buffer.concat([tarEntry(ROOT), header("a", GIB)]), Buffer.of(0x78), GIB)],
  ])("%s: the disk is full, and nothing of it is left", async (_, volume) => {
    const bytes = await volume();
    const yard = makeYard(({ target, restored }) => {
      forgeVolume(target, ".gz", bytes);
      mountTmpfs(restored, "4m");
    });
    expectTold(await yard.attack(), /restored\/a: ENOSPC; free some space|ends in the middle of an entry/, [3, 20, 21]);
    yard.expectUntouched();
    expect(treeBelow(yard.restored)).toEqual([]);
  });

  it("a delta that copies a file ten million times over", async () => {
    const content = "x".repeat(1 << 16);
    const copies = Buffer.concat(Array.from({ length: 50_000 }, () => DELTA.copy(0n, 65_536n)));
    const yard = makeYard(({ target, restored }) => {
      forgeSet(target, [tar([ROOT, file("a", content), file("z")])]);
      forgeIncrement(target, [tar([delta("a", copies, DELTA.end)])]);
      mountTmpfs(restored, "4m");
    });
    expectTold(await yard.attack(), /restored\/a: ENOSPC; free some space/, [3, 20, 21]);
    yard.expectUntouched();
    expect(treeBelow(yard.restored)).toEqual([]);
  });
});

/** Of a file of this size, without its content. */
function header(path: string, size: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(BigInt(size), 4);
  bytes[0] = 0x80;
  const entry: Forged = { name: `snapshot/${path}`, size: bytes.toString("latin1") };
  return tarEntry(entry);
}

describe("an OpenPGP message", () => {
  const data = literal(good);
  const marker = packet(TAG.marker, Buffer.from("PGP"));
  const signature = packet(TAG.signature, Buffer.alloc(60_000, 4));
  const nested = (depth: number, wrap: (inner: Buffer) => Buffer, inner: Buffer = data): Buffer =>
    depth === 0 ? inner : nested(depth - 1, wrap, wrap(inner));
  const stored = (inner: Buffer): Buffer => packet(TAG.compressed, Buffer.concat([Buffer.of(0), inner]));

  it("of this test's own making is restored", async () => {
    for (const packets of [data, compressed(data), Buffer.concat([marker, data, marker])]) {
      const yard = makeYard(({ target }) => forgeSealed(target, packets));
      expect((await yard.doppel(["restore", "--archive-dir", "no-archive", yard.target, yard.restored], { env })).stderr).toBe(
        "",
      );
      expect(readFileSync(join(yard.restored, "a"), "utf8")).toBe("a\n");
    }
  });

  const CASES: readonly [string, () => Buffer | Promise<Buffer>, RegExp, Partial<Sealing>?][] = [
    ["with a compressed packet in a compressed packet", () => compressed(compressed(data)), /compressed more than once/],
    ["compressed a thousand times over", () => nested(1000, stored), /compressed more than once/],
    [
      "compressed ten times over, each time by a thousand",
      () => nested(10, compressed, Buffer.alloc(1 << 20)),
      /compressed more than once/,
    ],
    [
      "in a message in a message, a hundred deep",
      () => nested(100, (inner) => packet(TAG.seipd, Buffer.concat([Buffer.of(1), inner]))),
      /no place in a message \(tag 18\)/,
    ],
    [
      "of markers without end",
      async () =>
        Buffer.concat([Buffer.of(0xa3, 1), await deflated(Buffer.alloc(0), Buffer.from("ca00", "hex"), 1 << 28, "raw")]),
      /more than 64 packets/,
    ],
    [
      "of signatures without end",
      async () => Buffer.concat([Buffer.of(0xa3, 1), await deflated(Buffer.alloc(0), signature, 1 << 29, "raw")]),
      /more than 64 packets/,
    ],
    [
      "with a signature of four gigabytes",
      () => Buffer.concat([Buffer.of(0xc2, 0xff, 0xff, 0xff, 0xff, 0xff), Buffer.alloc(1 << 20)]),
      /absurd size/,
    ],
    ["with two literals", () => Buffer.concat([data, data]), /two messages/],
    ["without any", () => marker, /holds no data/],
    ["with a literal that is cut off", () => data.subarray(0, data.length - 1), /cut off|truncated/],
    [
      "with a literal whose name is longer than it",
      () => packet(TAG.literal, Buffer.of(0x62, 0xff, 1, 2)),
      /ends within the header/,
    ],
    ["with a literal that is empty", () => packet(TAG.literal, Buffer.alloc(0)), /ends within the header/],
    ["with an unknown compression", () => packet(TAG.compressed, Buffer.of(99, 1, 2)), /unknown algorithm/],
    ["with bytes that are no packet", () => Buffer.alloc(100), /no OpenPGP packet/],
    ["with a packet of tag 0", () => Buffer.concat([Buffer.of(0xc0, 0), data]), /tag 0/],
    [
      "with old packets of every length without end",
      () => Buffer.concat([Buffer.of(0x83), data]),
      /no place in a message \(tag 0\)/,
    ],
    ["with two hundred passphrases that open nothing", () => data, /absurd number of passphrases/, { decoys: 200 }],
    [
      "whose last partial length is missing",
      () => data,
      /cut off/,
      { frame: (body) => Buffer.concat([Buffer.of(0xd2, 0xe0 | 9), body.subarray(0, 512)]) },
    ],
    [
      "whose partial length is a gigabyte",
      () => data,
      /cut off/,
      { frame: (body) => Buffer.concat([Buffer.of(0xd2, 0xfe), body]) },
    ],
    [
      "whose partial lengths end in the middle of a length",
      () => data,
      /cut off/,
      { frame: (body) => Buffer.concat([partial(body, 9, false), Buffer.of(0xff, 0, 0)]) },
    ],
  ];
  it.each(CASES)("%s", async (_, packets, told, options) => {
    const content = await packets();
    const yard = makeYard(({ target }) => forgeSealed(target, content, options));
    const limits = { cpu: 120, data: GIB, fsize: 1 << 28 };
    const args = ["restore", "--archive-dir", "no-archive", yard.target, yard.restored];
    expectTold(await yard.doppel(args, { env, limits }), told, [3, 21, 31]);
    yard.expectUntouched();
    for (const name of treeBelow(yard.restored))
      expect([name, readFileSync(join(yard.restored, name), "utf8")]).toEqual(["a", "a\n"]);
  });

  it("in parts of one byte, and with a last one of none, is read as any other", async () => {
    const frame = (body: Buffer): Buffer => Buffer.concat([partial(body, 0, true), Buffer.of(0)]);
    const yard = makeYard(({ target }) => forgeSealed(target, data, { frame }));
    const outcome = await yard.doppel(["restore", "--archive-dir", "no-archive", yard.target, yard.restored], { env });
    expect([0, 3, 21]).toContain(outcome.code);
    if (outcome.code === 0) expect(readFileSync(join(yard.restored, "a"), "utf8")).toBe("a\n");
    yard.expectUntouched();
  });

  it("as the manifest is met as in a volume", async () => {
    for (const packets of [compressed(compressed(data)), Buffer.concat([data, data]), nested(1000, stored)]) {
      const yard = makeYard(({ target }) => forgeVolume(target, ".gpg", Buffer.from("x"), () => sealed(packets, { passphrase })));
      const outcome = await yard.doppel(["restore", "--archive-dir", "no-archive", yard.target, yard.restored], { env });
      expectTold(outcome, /manifest\.gpg/, [21]);
      yard.expectUntouched();
    }
  });
});

/** A SEIPD packet in partial lengths of 2^bits, of which `all` are there or the last one is left out. */
function partial(body: Buffer, bits: number, all: boolean): Buffer {
  const parts: Buffer[] = [Buffer.of(0xd2)];
  const size = 2 ** bits;
  let at = 0;
  for (; at + size <= body.length; at += size) parts.push(Buffer.of(0xe0 | bits), body.subarray(at, at + size));
  if (all && at < body.length) parts.push(Buffer.of(0xc0), body.subarray(at));
  return Buffer.concat(parts);
}
