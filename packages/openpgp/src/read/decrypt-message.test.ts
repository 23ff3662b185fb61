import { deflateRawSync, deflateSync } from "node:zlib";
import { concatBytes, isDoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { openpgp } from "../openpgpjs.ts";
import { packet } from "../packets/header.ts";
import { COMPRESSED_ZIP_HEADER, LiteralFramer } from "../packets/literal.ts";
import { TAG } from "../packets/tags.ts";
import { secretKeysFromPassphrase } from "../secret/passphrase.ts";
import { chunked, emitted, failureOf, open, sampleData, seal, sealPackets } from "../test-messages.ts";
import { authenticateMessage, decryptMessage } from "./decrypt-message.ts";
import { describeMessage } from "./describe.ts";

const passphrase = 'päss "wort" $x';
/** Where the encrypted packet of a message to a passphrase begins. */
const SKESK_SIZE = 48;
const reasonOf = async (promise: Promise<unknown>): Promise<string> => {
  const error = await failureOf(promise);
  if (!isDoppelError(error, "openpgp.bad-message")) throw error;
  expect(error.message).not.toContain("\n");
  return error.data.reason;
};
const literal = (data: Uint8Array): Uint8Array => {
  const framer = new LiteralFramer();
  return emitted(
    (emit) => framer.update(data, emit),
    (emit) => framer.finish(emit),
  );
};
const zipped = (packets: Uint8Array): Uint8Array => concatBytes([COMPRESSED_ZIP_HEADER, deflateRawSync(packets)]);

describe("decryptMessage", () => {
  it.each([0, 1, 500, 100_000, 3_000_000])("reads %i bytes that we wrote", async (size) => {
    const data = sampleData(size);
    for (const compress of [true, false]) {
      const sealed = await seal(data, { passphrase, compress });
      const keys = secretKeysFromPassphrase(async () => passphrase); // once: deriving takes long
      for (const chunk of size < 1000 ? [1, 100] : [1000, 1 << 20])
        expect((await open(sealed, keys, {}, chunk)).equals(data)).toBe(true);
    }
  });

  it("agrees with openpgp.js in both directions", async () => {
    const { createMessage, decrypt, encrypt, enums, readMessage } = await openpgp();
    const data = sampleData(50_000);
    const message = await readMessage({ binaryMessage: await seal(data, { passphrase }) });
    const read = await decrypt({ message, passwords: passphrase, format: "binary" });
    expect(Buffer.compare(read.data as Uint8Array, data)).toBe(0);
    for (const algorithm of [enums.compression.uncompressed, enums.compression.zip, enums.compression.zlib]) {
      const config = { preferredCompressionAlgorithm: algorithm };
      const theirs = await encrypt({
        message: await createMessage({ binary: data }),
        passwords: passphrase,
        format: "binary",
        config,
      });
      expect((await open(theirs as Uint8Array, passphrase)).equals(data)).toBe(true);
    }
  });

  it("never takes a changed message for a good one, wherever a bit is flipped", async () => {
    const data = sampleData(2000);
    const sealed = await seal(data, { passphrase });
    const keys = secretKeysFromPassphrase(async () => passphrase); // the session key is cached: deriving takes long
    await open(sealed, keys);
    expect(sealed.length).toBeGreaterThan(1000);
    for (let at = SKESK_SIZE; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1 << (at % 8);
      // A length that now says "more to come", or less, is found by framing; all else by the integrity check.
      await expect(open(changed, keys, {}, 512), `byte ${at}`).rejects.toMatchObject({ code: "openpgp.bad-message" });
      await expect(authenticateMessage(chunked(changed), keys), `byte ${at}`).rejects.toMatchObject({
        code: "openpgp.bad-message",
      });
    }
  });

  it("never takes a truncated message for a whole one", async () => {
    const sealed = await seal(sampleData(100_000), { passphrase });
    const keys = secretKeysFromPassphrase(async () => passphrase);
    await open(sealed, keys);
    for (let end = 0; end < sealed.length; end += end < 200 ? 1 : 997) {
      const error = await failureOf(open(sealed.subarray(0, end), keys));
      expect(error, `at ${end}`).toMatchObject({ code: "openpgp.bad-message" });
    }
  });

  it("tells damage by the integrity check, not by the nonsense it makes inside", async () => {
    const sealed = await seal(sampleData(300_000), { passphrase });
    sealed[50_000]! ^= 4;
    expect(await reasonOf(open(sealed, passphrase))).toBe("mdc");
  });

  it("refuses what must not be restored", async () => {
    const data = sampleData(100);
    const text = packet(TAG.literal, concatBytes([Uint8Array.of(0x74, 0, 0, 0, 0, 0), data]));
    let nested = literal(data);
    for (let i = 0; i < 6; i++) nested = zipped(nested);
    expect(await reasonOf(open(await sealPackets(text, { passphrase }), passphrase))).toBe("text-mode");
    expect(await reasonOf(open(await sealPackets(nested, { passphrase }), passphrase))).toBe("nested");
    expect(await reasonOf(open(await sealPackets(concatBytes([literal(data), literal(data)]), { passphrase }), passphrase))).toBe(
      "two-messages",
    );
    expect(await reasonOf(open(await sealPackets(new Uint8Array(0), { passphrase }), passphrase))).toBe("empty");
    const sealed = await seal(data, { passphrase });
    expect(await reasonOf(open(Buffer.concat([sealed, sealed]), passphrase))).toBe("two-messages");
    expect(await reasonOf(open(Buffer.from("#!/bin/sh\necho this is no message\n"), passphrase))).toBe("not-openpgp");
    expect(await reasonOf(open(literal(data), passphrase))).toBe("not-openpgp");
    expect(await reasonOf(open(Buffer.alloc(0), passphrase))).toBe("truncated");
    const aead = Buffer.from(sealed);
    expect(aead[SKESK_SIZE]).toBe(0xd2);
    aead[SKESK_SIZE] = 0xd4;
    expect(await reasonOf(open(aead, passphrase))).toBe("unsupported");
  });

  it("refuses what would keep it busy without giving any data", async () => {
    const marker = packet(TAG.marker, Buffer.from("PGP"));
    const many = (count: number, each: Uint8Array): Uint8Array => concatBytes(Array.from({ length: count }, () => each));
    const data = sampleData(10);
    const read = async (packets: Uint8Array): Promise<unknown> => open(await sealPackets(packets, { passphrase }), passphrase);
    expect(await read(concatBytes([many(63, marker), literal(data)]))).toEqual(data);
    expect(await reasonOf(read(concatBytes([many(64, marker), literal(data)])))).toBe("nested");
    expect(await reasonOf(read(zipped(zipped(literal(data)))))).toBe("nested");
    const sealed = await seal(data, { passphrase });
    const skesk = sealed.subarray(0, SKESK_SIZE);
    const pkesk = packet(TAG.pkesk, Buffer.concat([Buffer.of(3), Buffer.alloc(20)]));
    expect(await describeMessage(concatBytes([many(15, skesk), sealed]))).toMatchObject({ symmetric: true });
    expect(await reasonOf(describeMessage(concatBytes([many(16, skesk), sealed])))).toBe("framing");
    expect(await reasonOf(describeMessage(concatBytes([many(1001, pkesk), sealed])))).toBe("framing");
  });

  it("accepts padding, markers, junk after the message, and says so", async () => {
    const data = sampleData(5000);
    const marker = packet(TAG.marker, Buffer.from("PGP"));
    const padded = packet(TAG.compressed, concatBytes([Uint8Array.of(2), deflateSync(literal(data)), Buffer.alloc(3000, 1)]));
    const sealed = await sealPackets(concatBytes([marker, padded, packet(TAG.padding, Buffer.alloc(9))]), { passphrase });
    const warnings: string[] = [];
    const junk = Buffer.concat([marker, sealed, Buffer.from("junk")]);
    expect((await open(junk, passphrase, { onWarning: (text) => warnings.push(text) })).equals(data)).toBe(true);
    expect(warnings).toEqual(["bytes after the end of the message were ignored"]);
  });

  it("stops on abort, and closes its source when its reader stops early", async () => {
    const sealed = await seal(sampleData(3_000_000), { passphrase });
    const keys = secretKeysFromPassphrase(async () => passphrase);
    const abort = new AbortController();
    abort.abort(new Error("stop"));
    await expect(open(sealed, keys, { signal: abort.signal })).rejects.toThrow("stop");
    let closed = false;
    const source = (async function* () {
      try {
        yield* chunked(sealed, 10_000);
      } finally {
        closed = true;
      }
    })();
    for await (const _ of decryptMessage(source, keys)) break;
    expect(closed).toBe(true);
  });

  it("reports a failing source as itself", async () => {
    const sealed = await seal(sampleData(300_000), { passphrase });
    const source = (async function* () {
      yield sealed.subarray(0, 100_000);
      throw new Error("the disk broke");
    })();
    const keys = secretKeysFromPassphrase(async () => passphrase);
    await expect(authenticateMessage(source, keys)).rejects.toThrow("the disk broke");
  });
});

describe("passphrases", () => {
  it("wrong, missing, or of no use", async () => {
    const sealed = await seal(sampleData(100), { passphrase });
    await expect(open(sealed, "no")).rejects.toMatchObject({ code: "openpgp.wrong-passphrase" });
    const none = secretKeysFromPassphrase(async () => undefined);
    await expect(open(sealed, none)).rejects.toMatchObject({
      code: "openpgp.passphrase-needed",
      message: expect.stringMatching(/; set PASSPHRASE, or run it in a terminal and enter it there$/),
    });
  });

  it("are asked for once", async () => {
    let asked = 0;
    const keys = secretKeysFromPassphrase(async () => {
      asked++;
      return passphrase;
    });
    for (let i = 0; i < 2; i++) await open(await seal(sampleData(10), { passphrase }), keys);
    expect(asked).toBe(1);
  });
});

it("describeMessage tells recipients from the head alone", async () => {
  const sealed = await seal(sampleData(1000), { passphrase });
  expect(await describeMessage(sealed.subarray(0, 120))).toEqual({ recipients: [], symmetric: true });
  await expect(describeMessage(sealed.subarray(0, 20))).rejects.toMatchObject({ code: "openpgp.bad-message" });
});
