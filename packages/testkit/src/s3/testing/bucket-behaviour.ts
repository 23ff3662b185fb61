/** How an S3 server lists, keeps versions, and refuses. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { S3Site } from "../types.ts";
import { type Bench, bench, type ServerKind, texts } from "./bench.ts";

/** Declares the cases. Where `kind` matters, the case says in its name what the gateway does. */
export function bucketBehaviour(site: () => S3Site, kind: ServerKind): void {
  const gateway = kind === "gateway";
  const contentMd5 = (body: string) => ({ "content-md5": createHash("md5").update(body).digest("base64") });

  describe("listing", () => {
    const names = ["a", "a b", "b/1", "b/2", "b/3", "c&d", "e+f", "ÿ", "￿", "😀"];
    const filled = async (): Promise<Bench> => {
      const own = bench(site());
      await Promise.all(names.map((name) => own.put(name, name)));
      return own;
    };

    it("is in the order of UTF-8 bytes, which is not that of JavaScript", async () => {
      const { append, prefix } = await filled();
      const answer = await append({ method: "GET", query: { "list-type": "2", prefix } });
      expect(texts(answer, "Key").map((key) => key.slice(prefix.length))).toEqual(names);
      expect(texts(answer, "Size")).toEqual(names.map((name) => String(Buffer.byteLength(name))));
      expect(texts(answer, "IsTruncated")).toEqual(["false"]);
    });

    it("goes on by token, by start-after, and by marker", async () => {
      const { append, prefix } = await filled();
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const more: Record<string, string> = token === undefined ? {} : { "continuation-token": token };
        const page = await append({
          method: "GET",
          query: { "list-type": "2", prefix, "max-keys": "3", "encoding-type": "url", ...more },
        });
        expect(texts(page, "KeyCount")).toEqual([String(texts(page, "Key").length)]);
        keys.push(...texts(page, "Key"));
        [token] = texts(page, "NextContinuationToken");
      } while (token !== undefined);
      expect(keys.map((key) => decodeURIComponent(key.replaceAll("+", " ")).slice(prefix.length))).toEqual(names);

      const after = await append({ method: "GET", query: { "list-type": "2", prefix, "start-after": `${prefix}c&d` } });
      expect(texts(after, "Key").map((key) => key.slice(prefix.length))).toEqual(names.slice(6));
      const marked = await append({ method: "GET", query: { prefix, marker: `${prefix}e+f`, "max-keys": "2" } });
      expect(texts(marked, "Key").map((key) => key.slice(prefix.length))).toEqual(names.slice(7, 9));
      expect(texts(marked, "IsTruncated")).toEqual(["true"]);
    });

    it("rolls up at a delimiter, also over pages", async () => {
      const { append, prefix } = await filled();
      const query = { "list-type": "2", prefix, delimiter: "/", "max-keys": "3" };
      const first = await append({ method: "GET", query });
      expect(texts(first, "Key").map((key) => key.slice(prefix.length))).toEqual(["a", "a b"]);
      expect(texts(first, "Prefix").filter((found) => found !== prefix)).toEqual([`${prefix}b/`]);
      const [token = ""] = texts(first, "NextContinuationToken");
      const second = await append({ method: "GET", query: { ...query, "continuation-token": token } });
      expect(texts(second, "Key").map((key) => key.slice(prefix.length))).toEqual(["c&d", "e+f", "ÿ"]);
      expect(texts(second, "Prefix").filter((found) => found !== prefix)).toEqual([]);
    });

    it("of nothing is empty", async () => {
      const { append, prefix } = bench(site());
      const answer = await append({ method: "GET", query: { "list-type": "2", prefix } });
      expect([answer.status, texts(answer, "Key"), texts(answer, "KeyCount")]).toEqual([200, [], ["0"]]);
    });

    it(`a token that is none is refused${gateway ? " (gateway: taken for a key)" : ""}`, async () => {
      const { append, prefix } = bench(site());
      const answer = await append({ method: "GET", query: { "list-type": "2", prefix, "continuation-token": "none" } });
      expect([answer.status, answer.code]).toEqual(gateway ? [200, ""] : [400, "InvalidArgument"]);
    });
  });

  describe("buckets", () => {
    it("one that is there answers, one that is not is 404", async () => {
      const { append } = bench(site());
      expect((await append({ method: "HEAD" })).status).toBe(200);
      expect((await append({ method: "HEAD", bucket: "doppel-no-such-bucket" })).status).toBe(404);
      const list = await append({ method: "GET", bucket: "doppel-no-such-bucket" });
      expect([list.status, list.code]).toEqual([404, "NoSuchBucket"]);
    });

    it(`tells its region${gateway ? " (gateway: default, which is none)" : ""}`, async () => {
      const answer = await bench(site()).append({ method: "GET", query: { location: "" } });
      expect(answer.text).toContain(gateway ? ">default<" : '/"></LocationConstraint>');
    });
  });

  describe("versions", () => {
    it("what is overwritten or deleted can be read by its id, by who may", async () => {
      const { put, append, admin, prefix } = bench(site(), await site().makeBucket({ versioning: true }));
      const first = String((await put("x", "first")).headers["x-amz-version-id"]);
      const second = String((await put("x", "second")).headers["x-amz-version-id"]);
      expect(first).not.toBe(second);
      const marker = await admin({ method: "DELETE", key: "x" });
      expect([marker.status, marker.headers["x-amz-delete-marker"]]).toEqual([204, "true"]);

      const list = await admin({ method: "GET", query: { versions: "", prefix } });
      expect(texts(list, "VersionId").slice(1)).toEqual([second, first]);
      expect(texts(list, "IsLatest")).toEqual(["true", "false", "false"]);
      expect(list.text).toContain("<DeleteMarker>");
      expect((await admin({ method: "GET", key: "x", query: { versionId: first } })).text).toBe("first");
      expect((await append({ method: "GET", key: "x" })).status).toBe(404);
      expect((await append({ method: "GET", key: "x", query: { versionId: first } })).status).toBe(403);
      expect((await append({ method: "GET", query: { versions: "" } })).status).toBe(403);
    });

    it("pages of versions go on within a key", async () => {
      const { put, admin, prefix } = bench(site(), await site().makeBucket({ versioning: true }));
      for (const text of ["1", "2", "3"]) await put("x", text);
      await put("y", "4");
      const ids: string[] = [];
      let next: Record<string, string> = {};
      do {
        const page = await admin({ method: "GET", query: { versions: "", prefix, "max-keys": "2", ...next } });
        ids.push(...texts(page, "VersionId"));
        const [[key], [id]] = [texts(page, "NextKeyMarker"), texts(page, "NextVersionIdMarker")];
        next = key === undefined || id === undefined ? {} : { "key-marker": key, "version-id-marker": id };
      } while (Object.keys(next).length > 0);
      expect(new Set(ids).size).toBe(4);
      expect(ids).toHaveLength(4);
    });
  });

  describe("the append-only user", () => {
    it("may not delete", async () => {
      const { put, append, read } = bench(site());
      await put("x", "kept");
      const one = await append({ method: "DELETE", key: "x" });
      expect([one.status, one.code]).toEqual([403, "AccessDenied"]);
      expect(await read("x")).toBe("kept");
    });

    it(`may not delete several, and is told so for each key${gateway ? " (gateway: 403 for all)" : ""}`, async () => {
      const { put, append, prefix, read } = bench(site());
      await put("x", "kept");
      const body = `<Delete><Object><Key>${prefix}x</Key></Object></Delete>`;
      const several = await append({ method: "POST", query: { delete: "" }, body, headers: contentMd5(body) });
      expect([several.status, several.code]).toEqual([gateway ? 403 : 200, "AccessDenied"]);
      expect(await read("x")).toBe("kept");
    });

    it("may not look at or change what the bucket is under", async () => {
      const { append } = bench(site());
      const body = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
      for (const query of ["versioning", "policy", "lifecycle", "acl"])
        expect((await append({ method: "GET", query: { [query]: "" } })).status, query).toBe(403);
      expect((await append({ method: "PUT", query: { versioning: "" }, body })).status).toBe(403);
      expect((await append({ method: "DELETE", query: { policy: "" } })).status).toBe(403);
      expect((await append({ method: "DELETE" })).status).toBe(403);
    });

    it("the owner may delete, and reads what the user wrote", async () => {
      const { put, admin, append, prefix } = bench(site());
      for (const name of ["x", "y", "z"]) await put(name, name);
      expect((await admin({ method: "GET", key: "x" })).text).toBe("x");
      expect((await admin({ method: "DELETE", key: "x" })).status).toBe(204);
      const body = `<Delete><Object><Key>${prefix}y</Key></Object><Object><Key>${prefix}none</Key></Object></Delete>`;
      const several = await admin({ method: "POST", query: { delete: "" }, body, headers: contentMd5(body) });
      expect([several.status, texts(several, "Key").sort()]).toEqual([200, [`${prefix}none`, `${prefix}y`]]);
      expect(texts(await append({ method: "GET", query: { prefix } }), "Key")).toEqual([`${prefix}z`]);
    });
  });
}
