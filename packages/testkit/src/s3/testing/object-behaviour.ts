/** How an S3 server treats requests and single objects. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { sendRaw } from "../client.ts";
import type { S3Site } from "../types.ts";
import { bench, type ServerKind } from "./bench.ts";

/** Declares the cases. Where `kind` matters, the case says in its name what the gateway does. */
export function objectBehaviour(site: () => S3Site, kind: ServerKind): void {
  const gateway = kind === "gateway";

  describe("who asks", () => {
    it("an unsigned request is refused", async () => {
      const { bucket, prefix } = bench(site());
      const answer = await sendRaw(site(), undefined, { method: "GET", bucket, key: `${prefix}x` });
      expect([answer.status, answer.code]).toEqual([403, "AccessDenied"]);
    });

    it("an unknown access key and a wrong secret are refused by name", async () => {
      const { bucket } = site();
      const unknown = await sendRaw(site(), { ...site().append, accessKeyId: "AKIANOBODY" }, { method: "GET", bucket });
      expect([unknown.status, unknown.code]).toEqual([403, "InvalidAccessKeyId"]);
      const wrong = await sendRaw(site(), { ...site().append, secretAccessKey: "guess" }, { method: "GET", bucket });
      expect([wrong.status, wrong.code]).toEqual([403, "SignatureDoesNotMatch"]);
    });

    it("a clock that is an hour off is refused", async () => {
      const date = new Date(Date.now() - 3_600_000);
      const answer = await bench(site()).append({ method: "GET", date });
      expect([answer.status, answer.code]).toEqual([403, "RequestTimeTooSkewed"]);
    });

    it("a body that is not the one that was signed is refused", async () => {
      const payload = createHash("sha256").update("meant").digest("hex");
      const answer = await bench(site()).append({ method: "PUT", key: "x", body: "sent!", payload });
      expect([answer.status, answer.code]).toEqual([400, "XAmzContentSHA256Mismatch"]);
    });

    it(`a header of S3's that is not signed is refused${gateway ? " (gateway: taken)" : ""}`, async () => {
      const unsigned = { "x-amz-meta-added": "on the way" };
      const answer = await bench(site()).append({ method: "PUT", key: "x", body: "x", unsigned });
      expect([answer.status, answer.code]).toEqual(gateway ? [200, ""] : [403, "AccessDenied"]);
    });
  });

  describe("put, get, head", () => {
    it("gives back what was put, under any key", async () => {
      const { put, read } = bench(site());
      for (const name of ["plain", "sp ace", "pl+us", "ü/ö", "~'()*!;:@&=$,?#[]", "😀", "a//b", "%41"]) {
        await put(name, `<${name}>`);
        expect(await read(name)).toBe(`<${name}>`);
      }
    });

    it("tells size, type and own headers, and an MD5 as the ETag", async () => {
      const { put, append } = bench(site());
      await put("x", "hello", { "content-type": "text/x-test", "x-amz-meta-colour": "blue" });
      const { status, headers, bytes } = await append({ method: "HEAD", key: "x" });
      expect(status).toBe(200);
      expect(bytes).toHaveLength(0);
      expect(headers).toMatchObject({
        "content-length": "5",
        "content-type": "text/x-test",
        "x-amz-meta-colour": "blue",
        "accept-ranges": "bytes",
        etag: `"${createHash("md5").update("hello").digest("hex")}"`,
      });
    });

    it.each([
      ["bytes=0-0", "h"],
      ["bytes=1-3", "ell"],
      ["bytes=3-", "lo"],
      ["bytes=3-99", "lo"],
      ["bytes=-2", "lo"],
      ["bytes=-99", "hello"],
    ])("a range %s is %s", async (range, expected) => {
      const { put, append } = bench(site());
      await put("x", "hello");
      const answer = await append({ method: "GET", key: "x", headers: { range } });
      expect([answer.status, answer.text]).toEqual([206, expected]);
      expect(answer.headers["content-range"]).toMatch(/^bytes \d+-\d+\/5$/);
    });

    it("a range behind the end is 416", async () => {
      const { put, append } = bench(site());
      await put("x", "hello");
      const answer = await append({ method: "GET", key: "x", headers: { range: "bytes=5-" } });
      expect([answer.status, answer.code]).toEqual([416, "InvalidRange"]);
    });

    it("If-Match lets a download go on only with the same object", async () => {
      const { put, append } = bench(site());
      const etag = String((await put("x", "hello")).headers["etag"]);
      expect((await append({ method: "GET", key: "x", headers: { "if-match": etag } })).status).toBe(200);
      const other = await append({ method: "GET", key: "x", headers: { "if-match": `"${"0".repeat(32)}"` } });
      expect([other.status, other.code]).toEqual([412, "PreconditionFailed"]);
    });

    it("what is not there is 404, with a body for GET only", async () => {
      const { append } = bench(site());
      const get = await append({ method: "GET", key: "x" });
      expect([get.status, get.code]).toEqual([404, "NoSuchKey"]);
      const head = await append({ method: "HEAD", key: "x" });
      expect([head.status, head.text]).toEqual([404, ""]);
    });

    it("an empty object is one", async () => {
      const { put, append } = bench(site());
      await put("x", "");
      expect((await append({ method: "HEAD", key: "x" })).headers["content-length"]).toBe("0");
    });

    it("keeps the storage class, and tells any but STANDARD", async () => {
      const { put, append } = bench(site());
      await put("cold", "x", { "x-amz-storage-class": "STANDARD_IA" });
      await put("warm", "x");
      expect((await append({ method: "HEAD", key: "cold" })).headers["x-amz-storage-class"]).toBe("STANDARD_IA");
      expect((await append({ method: "HEAD", key: "warm" })).headers["x-amz-storage-class"]).toBeUndefined();
    });
  });

  describe("checksums", () => {
    const right = { CRC32: "y/Q5Jg==", CRC32C: "4waSgw==", CRC64NVME: "rosUhgp5mIg=" };
    it.each(Object.entries(right))(`%s is kept${gateway ? " (gateway: ignored)" : ""}`, async (algorithm, value) => {
      const header = `x-amz-checksum-${algorithm.toLowerCase()}`;
      const { put, append } = bench(site());
      const answer = await put("x", "123456789", { [header]: value });
      expect(answer.headers[header]).toBe(gateway ? undefined : value);
      const head = await append({ method: "HEAD", key: "x", headers: { "x-amz-checksum-mode": "ENABLED" } });
      expect(head.headers[header]).toBe(gateway ? undefined : value);
      expect(head.headers["x-amz-checksum-type"]).toBe(gateway ? undefined : "FULL_OBJECT");
    });

    it(`a wrong one is refused${gateway ? " (gateway: ignored)" : ""}`, async () => {
      const { append } = bench(site());
      const answer = await append({ method: "PUT", key: "x", body: "other", headers: { "x-amz-checksum-crc32": right.CRC32 } });
      expect([answer.status, answer.code]).toEqual(gateway ? [200, ""] : [400, "BadDigest"]);
      expect((await append({ method: "HEAD", key: "x" })).status).toBe(gateway ? 200 : 404);
    });

    it("a wrong Content-MD5 is refused", async () => {
      const { append } = bench(site());
      const md5 = createHash("md5").update("meant").digest("base64");
      const answer = await append({ method: "PUT", key: "x", body: "sent!", headers: { "content-md5": md5 } });
      expect([answer.status, answer.code]).toEqual([400, "BadDigest"]);
    });

    it(`a trailer is taken off and compared${gateway ? " (gateway: not known)" : ""}`, async () => {
      const { append, read } = bench(site());
      const trailing = (crc: string) => ({
        method: "PUT",
        key: "x",
        payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        headers: {
          "content-encoding": "aws-chunked",
          "x-amz-decoded-content-length": "9",
          "x-amz-trailer": "x-amz-checksum-crc32",
        },
        body: `4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`,
      });
      const wrong = await append(trailing("AAAAAA=="));
      expect([wrong.status, wrong.code]).toEqual([400, gateway ? "XAmzContentSHA256Mismatch" : "BadDigest"]);
      if (gateway) return;
      expect((await append(trailing(right.CRC32))).status).toBe(200);
      expect(await read("x")).toBe("123456789");
    });
  });

  describe("If-None-Match", () => {
    const only = { "if-none-match": "*" };

    it("creates, and does not overwrite", async () => {
      const { put, append, read } = bench(site());
      await put("x", "first", only);
      const second = await append({ method: "PUT", key: "x", body: "second", headers: only });
      expect([second.status, second.code]).toEqual([412, "PreconditionFailed"]);
      expect(await read("x")).toBe("first");
    });

    it("without it an overwrite is an overwrite", async () => {
      const { put, read } = bench(site());
      await put("x", "first");
      await put("x", "second");
      expect(await read("x")).toBe("second");
    });

    it("of eight at once one wins", async () => {
      const { append, read } = bench(site());
      const writers = Array.from({ length: 8 }, (_, index) =>
        append({ method: "PUT", key: "x", body: `${index}`, headers: only }),
      );
      const statuses = (await Promise.all(writers)).map(({ status }) => status);
      // S3 may also say 409 to those that were under way together.
      expect(statuses.filter((status) => status !== 412 && status !== 409)).toEqual([200]);
      expect(await read("x")).toBe(String(statuses.indexOf(200)));
    });

    it(`holds in a versioned bucket${gateway ? " (gateway: ignored, a new version)" : ""}`, async () => {
      const { put, append, read } = bench(site(), await site().makeBucket({ versioning: true }));
      await put("x", "first", only);
      expect((await append({ method: "PUT", key: "x", body: "second", headers: only })).status).toBe(gateway ? 200 : 412);
      expect(await read("x")).toBe(gateway ? "second" : "first");
    });
  });
}
