import { type S3TestServer, startS3Server } from "@doppel/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { openBucketAdmin, tryAsThief } from "../../index.ts";
import { contextFor } from "../test-support.ts";
import type { AttemptResult } from "./bucket-admin.ts";
import { judge } from "./thief-settings.ts";

let server: S3TestServer | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());

const NOW = new Date("2026-11-23T01:02:03.456Z");

async function attempts(options: Parameters<typeof startS3Server>[0], prefix = "web1/"): Promise<Record<string, AttemptResult>> {
  server = await startS3Server(options);
  const results = await tryAsThief(`s3://${server.bucket}/${prefix}`, contextFor(server), { now: NOW });
  return Object.fromEntries(results.map((result) => [result.attempt, result]));
}

describe("a thief at AWS", () => {
  it("stores and reads on a canary of its own, and cannot take it away", async () => {
    const tried = await attempts({});
    expect(tried["store"]).toMatchObject({
      result: "succeeded",
      detail: expect.stringContaining("doppel-canary-20261123T010203Z-"),
    });
    expect(tried["read back"]).toMatchObject({ result: "succeeded" });
    expect(tried["overwrite"]).toMatchObject({ result: "succeeded", kept: false });
    expect(tried["overwrite in parts"]).toMatchObject({ result: "succeeded", kept: false });
    expect(tried["delete"]).toMatchObject({ result: "refused", detail: expect.stringContaining("stays there") });
    expect(tried["delete a version"]).toMatchObject({ result: "refused" });
    const keys = server!.keys("");
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatch(/^web1\/doppel-canary-20261123T010203Z-[0-9a-f]{12}$/);
    expect(server!.requests.filter(({ key }) => key !== "" && key !== keys[0] && !key.endsWith("-neighbour"))).toEqual([]);
  });

  it("is kept from overwriting by a policy that wants If-None-Match, and leaves no upload behind", async () => {
    const tried = await attempts({ quirks: { requiresIfNoneMatch: true } });
    expect(tried["store"]).toMatchObject({ result: "succeeded" });
    expect(tried["overwrite"]).toMatchObject({ result: "refused", detail: expect.stringContaining("keeps what it holds") });
    expect(tried["overwrite in parts"]).toMatchObject({ result: "refused" });
    const operations = server!.requests.map(({ operation }) => operation);
    expect(operations).toContain("AbortMultipartUpload");
  });

  it("overwrites in vain where versions are kept", async () => {
    const tried = await attempts({ versioning: true });
    for (const attempt of ["overwrite", "overwrite in parts"])
      expect(tried[attempt]).toMatchObject({ result: "succeeded", kept: true });
  });

  it("removes the canary where it may, and says so", async () => {
    const all = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:ListBucket", "s3:PutObject"];
    const tried = await attempts({ versioning: true, appendActions: all });
    expect(tried["delete a version"]).toMatchObject({ result: "succeeded", kept: false });
    expect(tried["delete"]).toMatchObject({ result: "succeeded", kept: true });
    expect(server!.keys("")).toEqual([]);
  });

  it("that may store nothing learns of deleting all the same", async () => {
    const tried = await attempts({ appendActions: ["s3:GetObject", "s3:ListBucket"] });
    expect(tried["store"]).toMatchObject({ result: "refused" });
    expect(tried["read back"]).toMatchObject({ result: "unknown" });
    expect(tried["overwrite"]).toMatchObject({ result: "refused" });
    expect(tried["delete"]).toMatchObject({ result: "refused", detail: "nothing is deleted" });
  });

  it("sees neighbours where the whole bucket may be listed, and none where the bucket is the target's own", async () => {
    server = await startS3Server({});
    await using admin = await openAdminStorage(server);
    await admin.put("object", new TextEncoder().encode("x"));
    const results = await tryAsThief(`s3://${server.bucket}/web1/`, contextFor(server), { now: NOW });
    expect(results.find(({ attempt }) => attempt === "list a neighbour")).toMatchObject({
      result: "succeeded",
      detail: "the bucket can be listed: web2/",
    });
    expect(results.find(({ attempt }) => attempt === "read a neighbour")).toMatchObject({
      result: "succeeded",
      detail: "web2/object can be read",
    });
    const own = await tryAsThief(`s3://${server.bucket}`, contextFor(server), { now: NOW });
    expect(own.map(({ attempt }) => attempt)).not.toContain("list a neighbour");
  });
});

async function openAdminStorage(site: S3TestServer) {
  const { openStorage } = await import("../../index.ts");
  const storage = await openStorage(`s3://${site.bucket}/web2/`, contextFor({ ...site, append: site.admin }));
  return {
    put: (name: string, bytes: Uint8Array) =>
      storage.put(name, {
        size: bytes.length,
        async *open() {
          yield bytes;
        },
      }),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

describe("what a broken document tells of a permission", () => {
  const answered = (status: number) => ({ kind: "other", status, said: `it answered ${status}` }) as const;
  it.each([
    ["Ceph's gateway, which looks at permissions first", "RADOS Gateway", 400, "succeeded"],
    ["AWS, of which that is not known", "AmazonS3", 400, "unknown"],
    ["somebody else", "MinIO", 400, "unknown"],
    ["a server without the setting", "", 501, "refused"],
    ["a server that failed", "RADOS Gateway", 500, "unknown"],
  ] as const)("%s", (_, software, status, result) => {
    expect(judge("change the lifecycle", answered(status), { software })).toMatchObject({ result });
  });

  it("a refusal is one anywhere, and a document that is taken is an alarm", () => {
    expect(judge("change the policy", { kind: "refused" }, { software: "" })).toMatchObject({ result: "refused" });
    const taken = judge("change the policy", { kind: "done", value: undefined }, { software: "" });
    expect(taken).toMatchObject({ result: "succeeded", detail: expect.stringContaining("look at this setting now") });
  });
});

describe("targets that are no bucket", () => {
  it("have neither settings nor permissions to try", async () => {
    const context = contextFor({
      endpoint: "http://127.0.0.1:1",
      region: "us-east-1",
      append: { accessKeyId: "a", secretAccessKey: "b" },
    });
    await expect(openBucketAdmin("/backup", context)).rejects.toMatchObject({ code: "storage.unknown-scheme" });
    await expect(tryAsThief("file:///backup", context, { now: NOW })).rejects.toMatchObject({ code: "storage.unknown-scheme" });
  });
});
