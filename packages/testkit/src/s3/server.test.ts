/** What of today's S3 the gateway cannot show, what the test has in hand, and what the quirks change. */
import { describe, expect, it, onTestFinished } from "vitest";
import { sendRaw } from "./client.ts";
import type { S3FaultEffect } from "./faults.ts";
import { type S3TestServer, startS3Server } from "./server.ts";
import { bench, texts } from "./testing/bench.ts";
import type { S3ServerOptions } from "./types.ts";

const CRC32 = { "x-amz-checksum-crc32": "y/Q5Jg==" };
const PART = Buffer.alloc(5 * 2 ** 20, "part");

async function start(options: S3ServerOptions = {}): Promise<S3TestServer> {
  const server = await startS3Server(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

describe("checksums of multipart uploads", () => {
  async function upload(create: Record<string, string>, parts: readonly Record<string, string>[], complete = {}, repeat = true) {
    const { append } = bench(await start());
    const begun = await append({ method: "POST", key: "x", query: { uploads: "" }, headers: create });
    if (begun.status !== 200) return begun;
    const uploadId = texts(begun, "UploadId")[0]!;
    const rows: string[] = [];
    for (const [index, headers] of parts.entries()) {
      const query = { uploadId, partNumber: String(index + 1) };
      const part = await append({ method: "PUT", key: "x", query, body: index < parts.length - 1 ? PART : "123456789", headers });
      if (part.status !== 200) return part;
      const sum = repeat && headers["x-amz-checksum-crc32"];
      const checksum = sum ? `<ChecksumCRC32>${sum}</ChecksumCRC32>` : "";
      rows.push(`<Part><PartNumber>${index + 1}</PartNumber><ETag>${part.headers["etag"]}</ETag>${checksum}</Part>`);
    }
    const body = `<CompleteMultipartUpload>${rows.join("")}</CompleteMultipartUpload>`;
    return append({ method: "POST", key: "x", query: { uploadId }, headers: complete, body });
  }
  const composite = { "x-amz-checksum-algorithm": "CRC32" };
  const whole = { ...composite, "x-amz-checksum-type": "FULL_OBJECT" };

  it("COMPOSITE is over the parts', which the completion repeats", async () => {
    const answer = await upload(composite, [CRC32]);
    expect([texts(answer, "ChecksumCRC32"), texts(answer, "ChecksumType")]).toEqual([["7kxlUA==-1"], ["COMPOSITE"]]);
    expect((await upload(composite, [CRC32], {}, false)).code).toBe("InvalidRequest");
  });

  it("FULL_OBJECT is over the bytes, and compared with what the completion says", async () => {
    const answer = await upload(whole, [CRC32], { ...CRC32, "x-amz-checksum-type": "FULL_OBJECT" });
    expect([texts(answer, "ChecksumCRC32"), texts(answer, "ChecksumType")]).toEqual([["y/Q5Jg=="], ["FULL_OBJECT"]]);
    expect((await upload(whole, [CRC32], { "x-amz-checksum-crc32": "AAAAAA==" })).code).toBe("BadDigest");
    expect((await upload(whole, [{}], CRC32, false)).status).toBe(200);
  });

  it("the parts have the algorithm of the upload", async () => {
    expect((await upload(composite, [{ "x-amz-checksum-sha1": "98O8HYCOBHMq32eZZczDTKeuNEE=" }])).code).toBe("InvalidRequest");
    expect((await upload(composite, [{}])).code).toBe("InvalidRequest");
    expect((await upload({}, [CRC32])).code).toBe("InvalidRequest");
  });

  it("a type that the algorithm does not have is refused, and a size that is another", async () => {
    const sha = { "x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "FULL_OBJECT" };
    expect((await upload(sha, [{}])).code).toBe("InvalidRequest");
    const crc64 = { "x-amz-checksum-algorithm": "CRC64NVME", "x-amz-checksum-type": "COMPOSITE" };
    expect((await upload(crc64, [{}])).code).toBe("InvalidRequest");
    expect((await upload({}, [{}], { "x-amz-mp-object-size": "10" })).code).toBe("InvalidRequest");
    expect((await upload({}, [{}], { "x-amz-mp-object-size": "9" })).status).toBe(200);
  });

  it("where nobody stated one, the object has a CRC64NVME", async () => {
    const { put, append } = bench(await start());
    await put("x", "123456789");
    const { headers } = await append({ method: "HEAD", key: "x", headers: { "x-amz-checksum-mode": "ENABLED" } });
    expect(headers["x-amz-checksum-crc64nvme"]).toBe("rosUhgp5mIg=");
  });
});

describe("archived objects", () => {
  it("are read when their restoration was asked for and is done, until it ends", async () => {
    const server = await start();
    const { append } = bench(server);
    const request = { method: "POST", query: { restore: "" }, body: "<RestoreRequest><Days>2</Days></RestoreRequest>" };
    const key = `${bench(server).prefix}x`;
    server.put(key, Buffer.from("cold"), { storageClass: "DEEP_ARCHIVE" });
    const send = (user: "admin" | "append", more: object) =>
      sendRaw(server, server[user], { method: "GET", bucket: server.bucket, key, ...more });

    const refused = await send("append", {});
    expect([refused.status, refused.code]).toEqual([403, "InvalidObjectState"]);
    expect((await send("append", { method: "HEAD" })).headers).toMatchObject({ "x-amz-storage-class": "DEEP_ARCHIVE" });
    expect((await send("append", request)).code).toBe("AccessDenied");
    const expedited = "<RestoreRequest><Days>1</Days><Tier>Expedited</Tier></RestoreRequest>";
    expect((await send("admin", { ...request, body: expedited })).code).toBe("InvalidArgument");
    expect((await send("admin", request)).status).toBe(202);
    expect((await send("admin", request)).code).toBe("RestoreAlreadyInProgress");
    expect((await send("append", { method: "HEAD" })).headers["x-amz-restore"]).toBe('ongoing-request="true"');
    expect((await send("append", {})).status).toBe(403);

    server.thaw(key);
    expect((await send("append", {})).text).toBe("cold");
    expect((await send("admin", request)).status).toBe(200);
    expect((await send("append", { method: "HEAD" })).headers["x-amz-restore"]).toMatch(
      /^ongoing-request="false", expiry-date="/,
    );
    const list = { query: { "list-type": "2", prefix: key }, headers: { "x-amz-optional-object-attributes": "RestoreStatus" } };
    const listed = await append({ method: "GET", ...list });
    expect(texts(listed, "IsRestoreInProgress")).toEqual(["false"]);

    server.freeze(key);
    expect((await send("admin", {})).code).toBe("InvalidObjectState");
  });

  it("lifecycle archives what is there, and says when it expires", async () => {
    const server = await start({ expireAfterDays: 30 });
    const { put, append, prefix } = bench(server);
    expect((await put("x", "x")).headers["x-amz-expiration"]).toMatch(/^expiry-date="\w{3}, .* GMT", rule-id="/);
    server.archive(`${prefix}x`);
    expect((await append({ method: "GET", key: "x" })).code).toBe("InvalidObjectState");
    server.expire(`${prefix}x`);
    expect((await append({ method: "GET", key: "x" })).code).toBe("NoSuchKey");
  });
});

describe("what S3 knows and the gateway does not", () => {
  it("regions: of another, a redirect that names the right one", async () => {
    const server = await start({ region: "eu-central-1" });
    const { bucket, append } = server;
    const answer = await sendRaw({ ...server, region: "us-east-1" }, append, { method: "HEAD", bucket });
    expect([answer.status, answer.headers["x-amz-bucket-region"], answer.text]).toEqual([301, "eu-central-1", ""]);
    expect((await bench(server).append({ method: "GET", query: { location: "" } })).text).toContain(">eu-central-1<");
  });

  it("a policy that lets nobody overwrite refuses what could", async () => {
    const { append, put } = bench(await start({ quirks: { requiresIfNoneMatch: true } }));
    expect((await append({ method: "PUT", key: "x", body: "x" })).code).toBe("AccessDenied");
    await put("x", "x", { "if-none-match": "*" });
    const begun = await append({ method: "POST", key: "y", query: { uploads: "" } });
    const query = { uploadId: texts(begun, "UploadId")[0]! };
    const part = await append({ method: "PUT", key: "y", query: { ...query, partNumber: "1" }, body: "y" });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers["etag"]}</ETag></Part></CompleteMultipartUpload>`;
    expect((await append({ method: "POST", key: "y", query, body })).code).toBe("AccessDenied");
    expect((await append({ method: "POST", key: "y", query, body, headers: { "if-none-match": "*" } })).status).toBe(200);
  });

  it("Object Lock keeps versions from the owner, too, unless told to", async () => {
    const server = await start({ objectLockDays: 1 });
    const { put, admin } = bench(server);
    const versionId = String((await put("x", "x")).headers["x-amz-version-id"]);
    const remove = { method: "DELETE", key: "x", query: { versionId } };
    expect((await admin(remove)).code).toBe("AccessDenied");
    expect((await admin({ method: "GET", query: { "object-lock": "" } })).text).toContain("GOVERNANCE");
    expect((await admin({ ...remove, headers: { "x-amz-bypass-governance-retention": "true" } })).status).toBe(204);
  });

  it("a missing permission is named, and without ListBucket nothing is missing", async () => {
    const { append } = bench(await start({ appendActions: ["s3:GetObject"] }));
    const listing = await append({ method: "GET", query: { "list-type": "2" } });
    expect(listing.text).toContain("is not authorized to perform: s3:ListBucket on resource");
    expect((await append({ method: "GET", key: "x" })).code).toBe("AccessDenied");
  });

  it("encryption is repeated, and by KMS the ETag is no MD5", async () => {
    const { put, append } = bench(await start());
    const kms = { "x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "key-1" };
    const answer = await put("x", "x", kms);
    expect(answer.headers).toMatchObject(kms);
    expect(answer.headers["etag"]).not.toBe('"9dd4e461268c8034f5c8564e155c67a6"');
    expect((await append({ method: "HEAD", key: "x" })).headers).toMatchObject(kms);
    const lone = { "x-amz-server-side-encryption-aws-kms-key-id": "key-1" };
    expect((await append({ method: "PUT", key: "y", body: "y", headers: lone })).code).toBe("InvalidArgument");
    expect((await append({ method: "PUT", key: "y", body: "y", headers: { "x-amz-acl": "public-read" } })).status).toBe(400);
    expect((await append({ method: "PUT", key: "y", body: "y", headers: { "x-amz-storage-class": "WARM" } })).status).toBe(400);
  });
});

describe("what the test has in hand", () => {
  it("requests, versions that are gone, unfinished uploads", async () => {
    const server = await start();
    const { put, append, prefix } = bench(server);
    await put("x", "first");
    await put("x", "second");
    expect(server.versions(`${prefix}x`).map(({ gone, bytes }) => [gone, Buffer.from(bytes()).toString()])).toEqual([
      [true, "first"],
      [false, "second"],
    ]);
    const uploadId = texts(await append({ method: "POST", key: "y", query: { uploads: "" } }), "UploadId")[0]!;
    await append({ method: "PUT", key: "y", query: { uploadId, partNumber: "3" }, body: "part" });
    expect(server.pendingUploads()).toEqual([{ key: `${prefix}y`, uploadId, parts: [3] }]);
    expect(server.keys(prefix)).toEqual([`${prefix}x`]);
    expect(server.requests.map(({ operation, user, status, bytes }) => [operation, user, status, bytes])).toEqual([
      ["PutObject", "append", 200, 5],
      ["PutObject", "append", 200, 6],
      ["CreateMultipartUpload", "append", 200, 0],
      ["UploadPart", "append", 200, 4],
    ]);
    expect(JSON.stringify(server.requests)).not.toContain("Signature=");
  });

  it("long listings that are not stored", async () => {
    const server = await start();
    const keyAt = (index: number) => `p/${String(index).padStart(6, "0")}`;
    server.synthesise("long", { count: 200_000, keyAt, sizeAt: (index) => index });
    const query = { "list-type": "2", prefix: "p/1999", "max-keys": "1000" };
    const { append } = bench(server, "long");
    const answer = await append({ method: "GET", query });
    expect([texts(answer, "Key").length, texts(answer, "Key").at(-1), texts(answer, "Size").at(-1)]).toEqual([
      100,
      "p/199999",
      "199999",
    ]);
    const object = await sendRaw(server, server.append, { method: "GET", bucket: "long", key: "p/000007" });
    expect(object.bytes).toEqual(Buffer.alloc(7));
  });

  it("without their bytes, objects have sizes and give zeros", async () => {
    const { put, append } = bench(await start({ keepBytes: false }));
    await put("x", "123456789", CRC32);
    expect((await append({ method: "GET", key: "x" })).bytes).toEqual(Buffer.alloc(9));
  });
});

describe("quirks", () => {
  it("each does what its name says", async () => {
    const twice = async (options: S3ServerOptions, headers: Record<string, string>, body = "123456789") => {
      const { append } = bench(await start(options));
      await append({ method: "PUT", key: "x", body, headers });
      return append({ method: "PUT", key: "x", body, headers });
    };
    expect((await twice({ quirks: { ignoresIfNoneMatch: true } }, { "if-none-match": "*" })).status).toBe(200);
    const wrong = { "x-amz-checksum-crc32": "AAAAAA==" };
    expect((await twice({ quirks: { ignoresChecksums: true } }, wrong)).status).toBe(200);
    expect((await twice({ quirks: { refusesChecksumHeaders: true } }, CRC32)).code).toBe("InvalidArgument");
    const named = await twice({ quirks: { emptyErrorMessages: true } }, wrong);
    expect([named.code, texts(named, "Message")]).toEqual(["BadDigest", [""]]);
    const server = await start({ region: "eu-west-1", quirks: { malformedOnWrongRegion: true } });
    const elsewhere = await sendRaw({ ...server, region: "x" }, server.admin, { method: "GET", bucket: server.bucket });
    expect([elsewhere.status, texts(elsewhere, "Region")]).toEqual([400, ["eu-west-1"]]);
  });
});

describe("faults", () => {
  /** Holds x = "hello world". */
  const faulty = async (effect: S3FaultEffect, operation: string) => {
    const server = await start();
    const own = bench(server);
    await own.put("x", "hello world");
    server.fault({ operation, effect });
    return { server, ...own };
  };

  it("happen to the n-th request that matches, and as often as told", async () => {
    const server = await start();
    const { append, prefix } = bench(server);
    const effect = { kind: "error", status: 503, code: "SlowDown" } as const;
    server.fault({ operation: ["PutObject", "UploadPart"], key: new RegExp(`^${prefix}a`), nth: 2, times: 2, effect });
    const statuses: number[] = [];
    for (const key of ["a1", "b1", "a2", "a3", "b2", "a4"])
      statuses.push((await append({ method: "PUT", key, body: "x" })).status);
    expect(statuses).toEqual([200, 200, 503, 503, 200, 200]);
    server.fault({ effect, times: 1000 });
    server.clearFaults();
    expect((await append({ method: "GET", key: "a1" })).status).toBe(200);
  });

  it("reset and short: the answer ends early", async () => {
    for (const effect of [
      { kind: "reset", at: "answer", after: 5 },
      { kind: "short", after: 5 },
    ] as const) {
      const { append } = await faulty(effect, "GetObject");
      await expect(append({ method: "GET", key: "x" })).rejects.toThrow(/aborted|ECONNRESET/);
      expect((await append({ method: "GET", key: "x" })).text).toBe("hello world");
    }
  });

  it("corrupt: other bytes, which hashes find", async () => {
    const reading = await faulty({ kind: "corrupt", at: "answer", offset: 4 }, "GetObject");
    expect((await reading.append({ method: "GET", key: "x" })).text).toBe("helln world");
    const writing = await faulty({ kind: "corrupt", at: "request", offset: 4 }, "PutObject");
    expect((await writing.append({ method: "PUT", key: "y", body: "hello" })).code).toBe("XAmzContentSHA256Mismatch");
    expect(writing.server.keys()).toEqual([`${writing.prefix}x`]);
  });

  it("reset of a request: nothing is done; lost answer: everything is", async () => {
    for (const effect of [
      { kind: "reset", at: "start" },
      { kind: "reset", at: "request", after: 2 },
    ] as const) {
      const { server, append, prefix } = await faulty(effect, "PutObject");
      await expect(append({ method: "PUT", key: "y", body: "hello" })).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
      expect(server.keys()).toEqual([`${prefix}x`]);
    }
    const { server, append, prefix } = await faulty({ kind: "lostAnswer" }, "PutObject");
    await expect(append({ method: "PUT", key: "y", body: "hello" })).rejects.toThrow(/ECONNRESET|hang up/);
    expect(server.keys()).toEqual([`${prefix}x`, `${prefix}y`]);
    expect(server.requests.at(-1)?.status).toBe(0);
  });

  it("stall: silence, until the client goes", async () => {
    const { server } = await faulty({ kind: "stall", at: "answer", after: 5 }, "ListObjectsV2");
    const answered = listAll(server).then(() => "answered");
    expect(await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, 200, "silence"))])).toBe("silence");
    await server[Symbol.asyncDispose]();
    await expect(answered).rejects.toThrow();
  });

  it("errors that only S3 would give", async () => {
    const skew = await faulty({ kind: "skew" }, "GetObject");
    expect((await skew.append({ method: "GET", key: "x" })).code).toBe("RequestTimeTooSkewed");
    const expired = await faulty({ kind: "expiredToken" }, "GetObject");
    expect((await expired.append({ method: "GET", key: "x" })).code).toBe("ExpiredToken");
    for (const done of [false, true]) {
      const { server, append, prefix } = await faulty({ kind: "errorIn200", done }, "PutObject");
      const answer = await append({ method: "PUT", key: "y", body: "hello" });
      expect([answer.status, answer.code]).toEqual([200, "InternalError"]);
      expect(server.keys(`${prefix}y`)).toHaveLength(done ? 1 : 0);
    }
  });
});

/** Waits for the whole of a list. */
function listAll(server: S3TestServer) {
  return sendRaw(server, server.append, { method: "GET", bucket: server.bucket, query: { "list-type": "2" } });
}
