import { createHash, randomBytes } from "node:crypto";
import { deflateRawSync, gzipSync } from "node:zlib";
import { type BytePath, type ByteStream, collectBytes, DoppelError, type Runtime } from "@doppel/base";
import type { Encoding, VolumeInfo } from "@doppel/format";
import {
  COMPRESSED_ZIP_HEADER,
  encryptSessionKey,
  LiteralFramer,
  newSessionKey,
  type SecretKeys,
  secretKeysFromPassphrase,
  SeipdEncoder,
} from "@doppel/openpgp";
import { tempDir } from "@doppel/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { UnsealWorkers } from "../workers/unseal.ts";
import type { ReadContext } from "./context.ts";
import { fetchVolume } from "./fetch.ts";

const random = { bytes: (n: number) => randomBytes(n) };
const PASSPHRASE = "volume test";
const plain = Buffer.concat([Buffer.alloc(1_500_000, "text that compresses "), randomBytes(700_000)]);
const { signal } = new AbortController();
const workers = new UnsealWorkers(signal);
afterAll(() => workers[Symbol.asyncDispose]());

async function encrypted(): Promise<Buffer> {
  const session = newSessionKey(random);
  const framer = new LiteralFramer();
  const literal = emitted((emit) => {
    framer.update(plain, emit);
    framer.finish(emit);
  });
  const encoder = new SeipdEncoder(session, random);
  const packets = Buffer.concat([COMPRESSED_ZIP_HEADER, deflateRawSync(literal)]);
  const keyPackets = await encryptSessionKey(session, [], PASSPHRASE);
  const message = emitted((emit) => {
    encoder.update(packets, emit);
    encoder.finish(emit);
  });
  return Buffer.concat([keyPackets, message]);
}

function emitted(work: (emit: (bytes: Uint8Array) => void) => void): Buffer {
  const chunks: Uint8Array[] = [];
  work((bytes) => chunks.push(new Uint8Array(bytes)));
  return Buffer.concat(chunks);
}

/** What comes of a volume: its plain bytes, or the error. */
async function outcome(stored: Buffer, encoding: Encoding, hash: Buffer, where: UnsealWorkers | undefined): Promise<unknown> {
  const keys: SecretKeys = secretKeysFromPassphrase(async () => PASSPHRASE);
  const context = {
    deps: {
      tempDir: tempDir(),
      storage: {
        async *get(): ByteStream {
          for (let at = 0; at < stored.length; at += 100_000) yield stored.subarray(at, at + 100_000);
        },
      },
    },
    runtime: { random, signal } as unknown as Runtime,
  } as unknown as ReadContext;
  const info: VolumeInfo = {
    number: 1,
    start: { path: "" as BytePath },
    end: { path: "" as BytePath },
    hashes: new Map([["SHA1", createHash("sha1").update(hash).digest("hex")]]),
  };
  const unsealing = { name: "the-volume", encoding, keys, signal, onWarning: () => undefined };
  try {
    await using volume = await fetchVolume(info, context, unsealing, 1 << 20, where);
    return (await collectBytes(volume.bytes(), 1 << 26)).length;
  } catch (error) {
    if (!(error instanceof DoppelError)) throw error;
    return { code: error.code, message: error.message, data: error.data };
  }
}

describe.each<[Encoding, () => Promise<Buffer>]>([
  ["gpg", encrypted],
  ["gzip", async () => gzipSync(plain)],
])("a volume (%s) in a worker", (encoding, make) => {
  it("is read as in this thread", async () => {
    const stored = await make();
    expect(await outcome(stored, encoding, stored, workers)).toBe(plain.length);
    expect(await outcome(stored, encoding, stored, undefined)).toBe(plain.length);
  });

  it("fails as in this thread: not what the manifest says, changed before it was hashed, cut off, empty", async () => {
    const stored = await make();
    const changed = Buffer.from(stored);
    changed[stored.length - 100]! ^= 1;
    const cut = stored.subarray(0, stored.length - 50_000);
    const cases: [Buffer, Buffer, string][] = [
      [changed, stored, "volume.hash-mismatch"],
      [changed, changed, "volume.damaged"],
      [cut, cut, "volume.damaged"],
      [Buffer.alloc(0), Buffer.alloc(0), "volume.damaged"],
    ];
    for (const [bytes, hashed, code] of cases) {
      const there = await outcome(bytes, encoding, hashed, workers);
      expect(there).toEqual(await outcome(bytes, encoding, hashed, undefined));
      expect(there).toMatchObject({ code, data: { name: "the-volume" } });
    }
    expect(await outcome(stored, encoding, stored, workers)).toBe(plain.length); // and the worker is as good as new
  });
});

describe("UnsealWorkers", () => {
  it("gives out two at most, and a new one for one that was left in the middle", async () => {
    const [first, second] = [workers.take()!, workers.take()!];
    expect(workers.take()).toBeUndefined();
    const failed = expect(first.digest({ fd: -1, size: 1, name: "x", encoding: "plain" }, "sha1")).rejects.toThrow();
    expect(first.busy).toBe(true);
    await workers.release(first);
    await failed;
    const third = workers.take();
    expect(third).toBeDefined();
    expect(third).not.toBe(first);
    await workers.release(third!);
    await workers.release(second);
  });
});
