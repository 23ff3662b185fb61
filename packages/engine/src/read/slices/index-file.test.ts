import { createHash, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { type BytePath, type ByteStream, collectBytes, type PathEntry } from "@doppel/base";
import { indexAttributes, indexName, NO_PREFIXES, type SetId } from "@doppel/format";
import { secretKeysFromPassphrase } from "@doppel/openpgp";
import type { ByteRange } from "@doppel/storage";
import { MemoryStorage } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { SetIndex } from "../../backup/set-index.ts";
import { depsOf, testRuntime } from "../../history/test-support.ts";
import type { Envelope } from "../../job.ts";
import { Compressor } from "../../seal/compressor.ts";
import { Hasher } from "../../seal/hasher.ts";
import { Sealer } from "../../seal/sealer.ts";
import type { EntryMark } from "../../workers/protocol.ts";
import { readContext } from "../context.ts";
import { openIndex } from "./index-file.ts";
import { wantedOf } from "./wanted.ts";

const random = { bytes: (n: number) => Uint8Array.from(randomBytes(n)) };
const passphrase = "index";
const time = new Date(1_700_000_000_000);
const id: SetId = { kind: "full", start: time, end: time };

const ENVELOPES: readonly (readonly [string, Envelope, number])[] = [
  ["plain", { kind: "plain" }, 6],
  ["gzip", { kind: "gzip" }, 6],
  ["encrypted", { kind: "gpg", recipients: [], passphrase, compress: true }, 6],
  ["encrypted, in stored blocks", { kind: "gpg", recipients: [], passphrase, compress: true }, 0],
  ["encrypted, not compressed", { kind: "gpg", recipients: [], passphrase, compress: false }, 6],
];

class Counting extends MemoryStorage {
  bytes = 0;
  requests = 0;
  override async *get(name: string, range?: ByteRange, signal?: AbortSignal): ByteStream {
    this.requests++;
    for await (const chunk of super.get(name, range, signal)) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}

const pathOf = (n: number): BytePath =>
  `dir-${String(Math.floor(n / 100)).padStart(5, "0")}/\xe9 ${String(n % 100).padStart(2, "0")}` as BytePath;

function markOf(path: BytePath): EntryMark {
  const entry: PathEntry = { path, type: "file", mode: 0o644, uid: 0, gid: 0, uname: "root", gname: "root", mtime: 1, size: 5 };
  const attributes = indexAttributes("snapshot", entry);
  return {
    offset: 0,
    tarBytes: 1024,
    path,
    type: "file",
    change: "new",
    size: 5,
    attributes,
    lastPiece: true,
    signaturesBefore: 0,
    endsVolume: false,
  };
}

/** A set whose index has that many entries, and nothing else. */
async function indexed(count: number, [, envelope, level]: (typeof ENVELOPES)[number]) {
  const storage = new Counting();
  const sealer = new Sealer({
    envelope,
    level,
    compressor: new Compressor(1),
    hasher: new Hasher(1),
    spool: { tempDir: tmpdir(), memoryLimit: 1 << 26, random },
  });
  const index = await SetIndex.open(id, sealer);
  for (let n = 0; n < count; ) {
    const digests: Uint8Array[] = [];
    for (const end = Math.min(count, n + 1000); n < end; n++) {
      index.place(markOf(pathOf(n)), { volume: 1, offset: n * 1024 });
      digests.push(createHash("sha256").update(pathOf(n), "latin1").digest());
    }
    await index.digests(Buffer.concat(digests));
  }
  index.volume({ number: 1, tarBytes: count * 1024, pieceBytes: 1 << 20, pieces: [7], layout: { encoding: "plain" } });
  index.key("manifest", { tarBytes: 0, pieceBytes: 1, pieces: [], layout: { encoding: "plain" } });
  await using sealed = await index.finish();
  const name = indexName(id, sealer.encoding, NO_PREFIXES);
  storage.objects.set(name, await collectBytes(sealed.body.open(), sealed.body.size));
  const set = { id, volumes: new Map<number, string>(), encoding: sealer.encoding, index: name };
  const deps = depsOf(storage, tmpdir(), { keys: secretKeysFromPassphrase(async () => passphrase) });
  const open = () => openIndex(name, set, storage.objects.get(name)!.length, readContext(deps, NO_PREFIXES, testRuntime()));
  return { storage, name, open };
}

describe("an index", () => {
  it.each(ENVELOPES)("of any size is read in parts, %s", async (...envelope) => {
    for (const count of [0, 1, 300, 1000, 2500, 9000]) {
      const { open, storage } = await indexed(count, envelope);
      const index = await open();
      const { blocks } = index.contents;
      const paths = (await index.entries(0, blocks.length)).map(({ entry }) => entry.path);
      expect(paths).toEqual(Array.from({ length: count }, (_, n) => pathOf(n)));
      storage.requests = storage.bytes = 0;
      const again = await open();
      for (const n of [0, count >> 1, count - 1].filter((one) => one >= 0 && one < count)) {
        const wanted = await wantedOf(again, pathOf(n));
        expect(wanted).toMatchObject({
          records: [{ entry: { path: pathOf(n) } }],
          parts: [{ from: n * 1024, to: (n + 1) * 1024 }],
        });
        expect(wanted!.records[0]!.sha256).toBe(createHash("sha256").update(pathOf(n), "latin1").digest("base64url"));
      }
      // Beginning, end, and up to two blocks for each of the three paths.
      expect(storage.requests).toBeLessThanOrEqual(8);
      expect(storage.bytes).toBeLessThan(1_000_000);
      expect(await wantedOf(again, "dir-00000/none" as BytePath)).toEqual({ records: [], parts: [] });
    }
  });

  it.each(ENVELOPES)("changed anywhere is refused, or tells the same: %s", async (...envelope) => {
    const { open, storage, name } = await indexed(2500, envelope);
    const sound = storage.objects.get(name)!;
    const told = async () => (await wantedOf(await open(), pathOf(1234)))?.records;
    const expected = await told();
    let refused = 0;
    for (let i = 0; i < 60; i++) {
      const changed = Uint8Array.from(sound);
      // Half of them where the end and the contents are.
      const at = i % 2 === 0 ? Math.floor((i / 60) * sound.length) : sound.length - 1 - i * 101;
      changed[at]! ^= 1 << (i % 8);
      storage.objects.set(name, changed);
      try {
        expect(await told()).toEqual(expected);
      } catch (error) {
        refused++;
        expect(["format.bad-index", "volume.damaged", "openpgp.wrong-passphrase"]).toContain((error as { code?: string }).code);
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  it("cut off anywhere is refused", async () => {
    const { open, storage, name } = await indexed(2500, ENVELOPES[2]!);
    const sound = storage.objects.get(name)!;
    for (const length of [0, 10, 100, 5000, sound.length >> 1, sound.length - 30, sound.length - 1]) {
      storage.objects.set(name, sound.slice(0, length));
      await expect(open(), `${length}`).rejects.toMatchObject({ code: expect.stringMatching(/format.bad-index|volume.damaged/) });
    }
  });
});
