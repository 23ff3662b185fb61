import { type S3Quirks, type S3TestServer, startS3Server } from "@doppel/testkit";
import { collectBytes, payloadOf, type RunEvent } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contractChecks } from "../contract.ts";
import type { UnfinishedObject } from "../storage.ts";
import { readOnly } from "../wrap/read-only.ts";
import { withRetry } from "../wrap/retry.ts";
import type { S3Storage } from "./storage.ts";
import { names, noticesOf, openAt, ownPrefix, sample } from "./test-support.ts";

const MIB = 2 ** 20;
const LARGE = sample(5 * MIB + 300_005);

/** Servers that differ from today's AWS, and what then protects an object from being written over. */
const SERVERS: readonly (readonly [string, Partial<S3Quirks>])[] = [
  ["AWS", {}],
  [
    "one like RGW 16",
    {
      ignoresIfNoneMatchOnComplete: true,
      ignoresChecksums: true,
      refusesTrailers: true,
      emptyEtagOnComplete: true,
      emptyErrorMessages: true,
      anyRegion: true,
    },
  ],
  ["one that refuses checksum headers", { refusesChecksumHeaders: true }],
  ["one under the policy that enforces creation", { requiresIfNoneMatch: true }],
];

for (const [title, quirks] of SERVERS) {
  describe(`a server like ${title}`, () => {
    let server: S3TestServer;
    beforeAll(async () => {
      server = await startS3Server({ quirks });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    it.each(contractChecks("s3").map((check) => [check.name, check] as const))("keeps the contract: %s", async (_, check) => {
      await using storage = await openAt({ ...server, append: server.admin });
      await check.run(storage);
      expect(server.pendingUploads()).toEqual([]);
    });

    it("takes an object in parts from who may only create, once", async () => {
      const prefix = ownPrefix();
      await using storage = await openAt(server, { prefix, partBytes: 5 * MIB });
      await storage.put("x", payloadOf(LARGE));
      expect(Buffer.compare(await collectBytes(storage.get("x"), LARGE.length), LARGE)).toBe(0);
      await expect(storage.put("x", payloadOf(LARGE))).rejects.toMatchObject({ code: "storage.exists" });
      expect(server.versions(`${prefix}x`)).toHaveLength(1);
      expect(server.pendingUploads()).toEqual([]);
    });

    it("refuses checksums once at most", async () => {
      await using storage = await openAt(server);
      const refused = (): number => server.requests.filter(({ status }) => status === 400).length;
      const before = refused();
      for (const name of ["a", "b", "c"]) {
        await storage.put(name, payloadOf(sample(10)));
        await collectBytes(storage.get(name), 10);
      }
      expect(refused() - before).toBe(quirks.refusesChecksumHeaders ? 1 : 0);
    });
  });
}

describe("an S3 storage", () => {
  let server: S3TestServer;
  beforeAll(async () => {
    server = await startS3Server({ versioning: true });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("lists what lies directly below its prefix, page by page", async () => {
    const prefix = ownPrefix();
    for (let i = 0; i < 2_500; i++) server.put(`${prefix}n${String(i).padStart(4, "0")}`, Buffer.from("1"));
    for (const key of [`${prefix}folder/x`, prefix, `${prefix}.hidden`, `${prefix}ä +%&`, "other/n1"])
      server.put(key, Buffer.from("22"));
    await using storage = await openAt(server, { prefix });
    const found = await names(storage);
    expect(found).toHaveLength(2_501);
    expect(found).toContain("ä +%&");
    expect(found).not.toContain("folder/x");
    expect(await names(storage, "n24")).toHaveLength(100);
  });

  it("writes what its options say, and marks what is its own", async () => {
    const prefix = ownPrefix();
    await using storage = await openAt(server, {
      prefix,
      storageClass: "GLACIER",
      encryption: { kind: "AES256" },
      partBytes: 5 * MIB,
    });
    await storage.put("duplicity-full.20260101T000000Z.vol1.difftar.gpg", payloadOf(LARGE));
    await storage.put("duplicity-full.20260101T000000Z.manifest.gpg", payloadOf(sample(10)));
    const classes = new Map<boolean, string | undefined>();
    for await (const { name, archived } of storage.list("")) classes.set(name.includes("vol1"), archived?.class);
    expect([classes.get(true), classes.get(false)]).toEqual(["GLACIER", undefined]);
    for (const request of server.requests.filter(({ key, operation }) => key.startsWith(prefix) && operation === "PutObject")) {
      expect(request.headers["x-amz-server-side-encryption"]).toBe("AES256");
      expect(request.headers["if-none-match"]).toBe("*");
    }
  });

  it("sends an object in parts that fit into the memory for bodies, however large they are asked for", async () => {
    const prefix = ownPrefix();
    await using storage = await openAt(server, { prefix, partBytes: 5000 * MIB, bufferBytes: 5 * MIB, parallelParts: 64 });
    await storage.put("x", payloadOf(LARGE));
    const writes = server.requests.filter(({ key, method }) => key === `${prefix}x` && method === "PUT");
    expect(writes.map(({ operation }) => operation)).toEqual(["UploadPart", "UploadPart"]);
    expect(Buffer.compare(server.versions(`${prefix}x`)[0]!.bytes(), LARGE)).toBe(0);
  });

  it("tells of archived objects, and thaws them", async () => {
    const prefix = ownPrefix();
    await using storage = await openAt({ ...server, append: server.admin }, { prefix });
    await storage.put("x", payloadOf(sample(10)));
    await storage.thaw!(["x"], { tier: "bulk", days: 3 }); // not archived: nothing to do
    server.archive(`${prefix}x`, "DEEP_ARCHIVE");
    expect(await storage.stat("x")).toMatchObject({ archived: { class: "DEEP_ARCHIVE" } });
    await expect(collectBytes(storage.get("x"), 10)).rejects.toMatchObject({
      code: "storage.archived",
      data: { class: "DEEP_ARCHIVE" },
    });
    await expect(storage.thaw!(["x"], { tier: "expedited", days: 3 })).rejects.toThrow("use --thaw standard or --thaw bulk");
    await storage.thaw!(["x"], { tier: "bulk", days: 3 });
    expect(await storage.stat("x")).toMatchObject({ archived: { thawing: true } });
    await storage.thaw!(["x"], { tier: "bulk", days: 3 });
    server.thaw(`${prefix}x`);
    expect((await storage.stat("x"))?.archived?.thawedUntil).toBeInstanceOf(Date);
    expect(await collectBytes(storage.get("x"), 10)).toHaveLength(10);
    await using appending = await openAt(server, { prefix });
    await expect(appending.thaw!(["x"], { tier: "bulk", days: 3 })).rejects.toThrow("s3:RestoreObject");
  });

  it("reads the bucket as it was", async () => {
    const prefix = ownPrefix();
    const put = (name: string, text: string): void => server.put(prefix + name, Buffer.from(text));
    await using storage = await openAt({ ...server, append: server.admin }, { prefix });
    put("kept", "kept");
    put("overwritten", "good");
    put("deleted", "good");
    for (let i = 0; i < 1_100; i++) put("often", `${i}`); // more versions than a page
    put("often-more", "good");
    await nextSecond();
    const time = new Date();
    await nextSecond();
    put("overwritten", "evil");
    put("young", "young");
    for (let i = 0; i < 1_100; i++) put("often", "evil");
    await storage.delete(["deleted"]);
    await using then = await openAt({ ...server, append: server.admin }, { prefix, asOf: time });
    expect((await names(then)).sort()).toEqual(["deleted", "kept", "often", "often-more", "overwritten"]);
    const read = async (name: string): Promise<string> => Buffer.from(await collectBytes(then.get(name), 100)).toString();
    expect([await read("kept"), await read("overwritten"), await read("deleted"), await read("often")]).toEqual([
      "kept",
      "good",
      "good",
      "1099",
    ]);
    expect((await then.stat("overwritten"))?.size).toBe(4);
    expect(await then.stat("young")).toBeUndefined();
    await expect(read("young")).rejects.toMatchObject({ code: "storage.not-found" });
    await expect(then.put("new", payloadOf(sample(1)))).rejects.toMatchObject({ code: "storage.denied" });
    await expect(then.delete(["kept"])).rejects.toMatchObject({ code: "storage.denied" });
    await using now = await openAt({ ...server, append: server.admin }, { prefix, asOf: new Date() });
    expect(await names(now)).not.toContain("deleted");
    await using unable = await openAt(server, { prefix, asOf: time });
    await expect(names(unable)).rejects.toThrow("s3:ListBucketVersions");
  });

  it("says so when the past is asked for and no versions are kept", async () => {
    const prefix = ownPrefix();
    await using unversioned = await startS3Server();
    for (const [site, told] of [
      [unversioned, 1],
      [server, 0],
    ] as const) {
      site.put(`${prefix}x`, Buffer.from("1"));
      const events: RunEvent[] = [];
      await using then = await openAt({ ...site, append: site.admin }, { prefix, events, asOf: new Date(0) });
      expect([...(await names(then)), ...(await names(then))]).toEqual([]);
      expect(noticesOf(events).filter((detail) => detail.includes("keeps no versions"))).toHaveLength(told);
    }
  });

  it("deletes nothing when it may not", async () => {
    const prefix = ownPrefix();
    for (let i = 0; i < 20; i++) server.put(`${prefix}x${i}`, Buffer.from("1"));
    await using storage = await openAt(server, { prefix });
    const all = await names(storage);
    const before = server.requests.length;
    await expect(storage.delete(all)).rejects.toMatchObject({ code: "storage.denied" });
    expect(server.requests.length - before).toBe(1);
    await using admin = await openAt({ ...server, append: server.admin }, { prefix });
    await admin.delete(all);
    expect(await names(storage)).toEqual([]);
  });

  it("learns what protects its objects", async () => {
    const events: RunEvent[] = [];
    const prefix = ownPrefix();
    await using storage = (await openAt(server, { prefix, events })) as S3Storage;
    expect(storage.protection).toEqual({ put: "look", complete: "look" });
    const body = {
      size: 1,
      open: async function* () {
        yield sample(1);
        server.put(`${prefix}x`, Buffer.from("theirs"));
      },
    };
    await expect(storage.put("x", body)).rejects.toMatchObject({ code: "storage.exists" });
    expect(storage.protection).toEqual({ put: "server", complete: "look", versioned: true });
    expect(noticesOf(events).at(-1)).toMatch(
      /small objects enforced by the server.*large ones looked up.*the bucket keeps versions/,
    );
  });

  it("promises nothing of versions before it has seen one", async () => {
    await using unversioned = await startS3Server();
    for (const [site, says] of [
      [unversioned, "whether the bucket keeps versions is not known"],
      [server, "the bucket keeps versions"],
    ] as const) {
      const events: RunEvent[] = [];
      await using storage = await openAt(site, { events });
      expect(noticesOf(events).at(-1)).toContain("create-only: looked up before each write; whether");
      await storage.put("x", payloadOf(sample(10)));
      expect(noticesOf(events).at(-1)).toContain(says);
    }
  });

  it("aborts what crashed backups have left, and nothing else", async () => {
    const prefix = ownPrefix();
    const volume = "duplicity-full.20260101T000000Z.vol1.difftar.gpg";
    for (const key of [prefix + volume, `${prefix}theirs.bin`, `${prefix}folder/${volume}`]) await beginUpload(server, key);
    const later = (days: number) => ({
      clock: { now: () => new Date(Date.now() + days * 86_400_000), sleep: async () => undefined },
    });
    const left = (): string[] =>
      server
        .pendingUploads()
        .map(({ key }) => key)
        .filter((key) => key.startsWith(prefix))
        .sort();
    const open = async (days: number, purpose: "read" | "write"): Promise<void> => {
      const storage = await openAt(server, { prefix, purpose, context: later(days) });
      if (purpose === "write") await (storage as S3Storage).tidyUp(() => undefined);
      await storage[Symbol.asyncDispose]();
    };
    await open(0.9, "write");
    await open(2, "read");
    expect(left()).toHaveLength(3);
    await open(1.1, "write");
    expect(left()).toEqual([`${prefix}folder/${volume}`, `${prefix}theirs.bin`].sort());
  });

  it("tells of unfinished uploads, and aborts those that it is told to", async () => {
    const prefix = ownPrefix();
    for (const name of ["a", "a", "b", "folder/a", ".hidden"]) await beginUpload(server, prefix + name);
    await using bare = await openAt({ ...server, append: server.admin }, { prefix, purpose: "read" });
    const storage = withRetry(bare, { random: { bytes: (n) => new Uint8Array(n) }, emit: () => {}, sleep: async () => {} });
    const all = async (start: string): Promise<UnfinishedObject[]> => {
      const uploads: UnfinishedObject[] = [];
      for await (const upload of storage.unfinished!(start)) uploads.push(upload);
      return uploads;
    };
    const found = await all("");
    expect(found.map(({ name }) => name)).toEqual(["a", "a", "b"]);
    expect(await all("b")).toEqual(found.slice(2));
    expect(Math.abs(found[0]!.begun.getTime() - Date.now())).toBeLessThan(60_000);
    const [first] = found;
    await storage.abortUnfinished!([first!]);
    await storage.abortUnfinished!([first!]); // gone is gone
    expect(await all("")).toEqual(found.slice(1));
    expect(Object.keys(readOnly(storage))).not.toContain("abortUnfinished");
    await using then = await openAt({ ...server, append: server.admin }, { prefix, asOf: new Date() });
    await expect(then.abortUnfinished!(found)).rejects.toMatchObject({ code: "storage.denied" });
  });
});

/** Times of versions are whole seconds. */
function nextSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_010 - (Date.now() % 1000)));
}

async function beginUpload(server: S3TestServer, key: string): Promise<void> {
  const { CreateMultipartUploadCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: server.append,
  });
  await client.send(new CreateMultipartUploadCommand({ Bucket: server.bucket, Key: key }));
  client.destroy();
}
