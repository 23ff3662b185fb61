import { isDoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { sampleData, seal } from "../test-messages.ts";
import { readFraming } from "./framing.ts";

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const framing = (bytes: Uint8Array, size = 1 << 16) => readFraming(chunks(bytes, size));

describe("readFraming", () => {
  it("reads a message to its end without a key, in whatever chunks it comes", async () => {
    for (const length of [0, 1, 511, 70_000, 300_000]) {
      const message = await seal(sampleData(length), { passphrase: "x" });
      for (const size of [1, 7, 1 << 16].slice(length > 1000 ? 1 : 0)) {
        const { encryptedBytes, ...rest } = await framing(message, size);
        expect(rest).toEqual({ recipients: [], symmetric: true, isProtected: true, trailingBytes: 0 });
        expect(encryptedBytes).toBeGreaterThan(length > 1000 ? length / 2 : 30);
        expect(encryptedBytes).toBeLessThan(message.length);
      }
    }
  });

  it("counts what is behind the message", async () => {
    const message = await seal(sampleData(1000), { passphrase: "x" });
    expect((await framing(Buffer.concat([message, Buffer.from("junk")]))).trailingBytes).toBe(4);
    expect((await framing(Buffer.concat([message, message]))).trailingBytes).toBe(message.length);
  });

  it("refuses every message that is cut off, and what is none", async () => {
    const message = await seal(sampleData(2000), { passphrase: "x" });
    for (let length = 0; length < message.length; length += length < 100 ? 1 : 53)
      await expect(framing(message.subarray(0, length)), `${length}`).rejects.toSatisfy((error) =>
        isDoppelError(error, "openpgp.bad-message"),
      );
    for (const other of ["hello", "\u00ff", "<html>"])
      await expect(framing(Buffer.from(other, "latin1"))).rejects.toSatisfy((error) =>
        isDoppelError(error, "openpgp.bad-message"),
      );
  });
});
