/** How an S3 server puts objects together from parts. */
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { S3Site } from "../types.ts";
import { type Bench, bench, type ServerKind, texts } from "./bench.ts";

const MIB = 2 ** 20;
/** Every part but the last has at least this many bytes. */
const PART = randomBytes(5 * MIB);
const OTHER = randomBytes(5 * MIB);
const TAIL = randomBytes(1000);

/** Declares the cases. Where `kind` matters, the case says in its name what the gateway does. */
export function multipartBehaviour(site: () => S3Site, kind: ServerKind): void {
  const gateway = kind === "gateway";

  describe("multipart uploads", () => {
    it("become one object when they are complete, and nothing is seen before", async () => {
      const own = bench(site());
      const id = await begin(own, "x", { "x-amz-meta-colour": "blue" });
      const etags = [await part(own, "x", id, 1, PART), await part(own, "x", id, 2, TAIL)];
      expect((await own.append({ method: "HEAD", key: "x" })).status).toBe(404);
      expect((await complete(own, "x", id, list(etags))).status).toBe(200);
      const answer = await own.append({ method: "GET", key: "x" });
      expect(answer.bytes.equals(Buffer.concat([PART, TAIL]))).toBe(true);
      expect(answer.headers["x-amz-meta-colour"]).toBe("blue");
      const joined = Buffer.concat([PART, TAIL].map((bytes) => createHash("md5").update(bytes).digest()));
      expect(answer.headers["etag"]).toBe(`"${createHash("md5").update(joined).digest("hex")}-2"`);
    });

    it(`tell the ETag on completion${gateway ? " (gateway: empty)" : ""}`, async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      const answer = await complete(own, "x", id, list([await part(own, "x", id, 1, TAIL)]));
      expect(texts(answer, "ETag")).toEqual([gateway ? "" : expect.stringMatching(/^"[0-9a-f]{32}-1"$/)]);
    });

    it(`do not overwrite with If-None-Match${gateway ? " (gateway: overwrite)" : ""}`, async () => {
      const own = bench(site());
      await own.put("x", "first");
      const id = await begin(own, "x");
      const etag = await part(own, "x", id, 1, TAIL);
      const answer = await complete(own, "x", id, list([etag]), { "if-none-match": "*" });
      expect(answer.status).toBe(gateway ? 200 : 412);
      expect((await own.append({ method: "HEAD", key: "x" })).headers["content-length"]).toBe(gateway ? "1000" : "5");
    });

    it("a part that is sent again replaces the first", async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      await part(own, "x", id, 1, "first");
      const etag = await part(own, "x", id, 1, "second");
      expect((await complete(own, "x", id, list([etag]))).status).toBe(200);
      expect(await own.read("x")).toBe("second");
    });

    it(`parts that are too small, missing or changed are refused; a part may be left out${gateway ? " (gateway: may not)" : ""}`, async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      const etags = [await part(own, "x", id, 1, "small"), await part(own, "x", id, 2, "small")];
      const tooSmall = await complete(own, "x", id, list(etags));
      expect([tooSmall.status, tooSmall.code]).toEqual([400, "EntityTooSmall"]);
      const missing = await complete(own, "x", id, [[7, etags[0]!]]);
      expect([missing.status, missing.code]).toEqual([400, "InvalidPart"]);
      const changed = await complete(own, "x", id, [[1, `"${"0".repeat(32)}"`]]);
      expect([changed.status, changed.code]).toEqual([400, "InvalidPart"]);
      expect((await complete(own, "x", id, [])).status).toBe(400);
      expect((await complete(own, "x", id, list(etags.slice(0, 1)))).status).toBe(gateway ? 400 : 200);
    });

    it(`parts out of order are refused${gateway ? " (gateway: put in order)" : ""}`, async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      const etags = [await part(own, "x", id, 1, PART), await part(own, "x", id, 2, OTHER)];
      const answer = await complete(own, "x", id, list(etags).toReversed());
      expect([answer.status, answer.code]).toEqual(gateway ? [200, ""] : [400, "InvalidPartOrder"]);
      if (gateway) expect((await own.append({ method: "GET", key: "x" })).bytes.equals(Buffer.concat([PART, OTHER]))).toBe(true);
    });

    it(`an upload is completed once${gateway ? " (gateway: as often as asked)" : ""}`, async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      const parts = list([await part(own, "x", id, 1, TAIL)]);
      expect((await complete(own, "x", id, parts)).status).toBe(200);
      const again = await complete(own, "x", id, parts);
      expect([again.status, again.code]).toEqual(gateway ? [200, ""] : [404, "NoSuchUpload"]);
    });

    it(`part number 10,001 is refused${gateway ? " (gateway: taken)" : ""}`, async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      const query = { uploadId: id, partNumber: "10001" };
      expect((await own.append({ method: "PUT", key: "x", query, body: "x" })).status).toBe(gateway ? 200 : 400);
      await abort(own, "x", id);
    });

    it(`an upload that was aborted is gone, with its parts${gateway ? " (gateway: completing it is 500)" : ""}`, async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      const etag = await part(own, "x", id, 1, TAIL);
      expect((await abort(own, "x", id)).status).toBe(204);
      const answer = await complete(own, "x", id, list([etag]));
      expect([answer.status, answer.code]).toEqual(gateway ? [500, "InternalError"] : [404, "NoSuchUpload"]);
      expect((await abort(own, "x", id)).status).toBe(404);
      expect(await uploadsOf(own)).toEqual([]);
    });

    it("parts are listed in pages", async () => {
      const own = bench(site());
      const id = await begin(own, "x");
      for (const number of [1, 2, 3, 10]) await part(own, "x", id, number, `${number}`);
      const first = await own.append({ method: "GET", key: "x", query: { uploadId: id, "max-parts": "3" } });
      expect([texts(first, "PartNumber"), texts(first, "IsTruncated")]).toEqual([["1", "2", "3"], ["true"]]);
      const query = { uploadId: id, "max-parts": "3", "part-number-marker": texts(first, "NextPartNumberMarker")[0]! };
      const second = await own.append({ method: "GET", key: "x", query });
      expect([texts(second, "PartNumber"), texts(second, "IsTruncated")]).toEqual([["10"], ["false"]]);
      await abort(own, "x", id);
    });

    it("unfinished uploads are listed in pages, by key", async () => {
      const own = bench(site());
      const ids = [];
      for (const name of ["b", "a", "c"]) ids.push([name, await begin(own, name)] as const);
      const first = await own.append({ method: "GET", query: { uploads: "", prefix: own.prefix, "max-uploads": "2" } });
      expect(texts(first, "Key").map((key) => key.slice(own.prefix.length))).toEqual(["a", "b"]);
      const query = {
        uploads: "",
        prefix: own.prefix,
        "key-marker": texts(first, "NextKeyMarker")[0]!,
        "upload-id-marker": texts(first, "NextUploadIdMarker")[0]!,
      };
      expect(texts(await own.append({ method: "GET", query }), "UploadId")).toEqual([ids[2]![1]]);
      for (const [name, id] of ids) await abort(own, name, id);
      expect(await uploadsOf(own)).toEqual([]);
    });
  });
}

async function begin(own: Bench, key: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await own.append({ method: "POST", key, query: { uploads: "" }, headers });
  expect(answer.status, answer.text).toBe(200);
  return texts(answer, "UploadId")[0]!;
}

async function part(own: Bench, key: string, id: string, number: number, body: Uint8Array | string): Promise<string> {
  const answer = await own.append({ method: "PUT", key, query: { uploadId: id, partNumber: String(number) }, body });
  expect(answer.status, answer.text).toBe(200);
  return String(answer.headers["etag"]);
}

function complete(own: Bench, key: string, id: string, parts: readonly (readonly [number, string])[], headers = {}) {
  const rows = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
  const body = `<CompleteMultipartUpload>${rows.join("")}</CompleteMultipartUpload>`;
  return own.append({ method: "POST", key, query: { uploadId: id }, headers, body });
}

function abort(own: Bench, key: string, id: string) {
  return own.append({ method: "DELETE", key, query: { uploadId: id } });
}

function list(etags: readonly string[]): [number, string][] {
  return etags.map((etag, index) => [index + 1, etag]);
}

async function uploadsOf({ append, prefix }: Bench): Promise<string[]> {
  return texts(await append({ method: "GET", query: { uploads: "", prefix } }), "UploadId");
}
