import { type S3FaultEffect, type S3FaultRule, type S3TestServer, startS3Server } from "@doppel/testkit";
import { collectBytes, isDoppelError, type Payload, payloadOf } from "@doppel/base";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Storage } from "../storage.ts";
import { openAt, ownPrefix, sample } from "./test-support.ts";

const MIB = 2 ** 20;
const SMALL = sample(300_000);
/** Two parts. */
const LARGE = sample(5 * MIB + 300_005);

let server: S3TestServer;
beforeAll(async () => {
  server = await startS3Server();
});
afterEach(() => server.clearFaults());
afterAll(() => server[Symbol.asyncDispose]());

const error = (status: number, code: string): S3FaultEffect => ({ kind: "error", status, code });
const WRITES = ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"];

/** Faults that pass, on each request that writes. */
const PASSING: readonly (readonly [string, Omit<S3FaultRule, "operation">])[] = [
  ["500", { effect: error(500, "InternalError"), times: 2 }],
  ["503 SlowDown", { effect: error(503, "SlowDown"), times: 5 }],
  ["503 without a code", { effect: error(503, "ServiceUnavailable"), times: 2 }],
  ["429", { effect: error(429, "TooManyRequests"), times: 3 }],
  ["a timeout of the server's", { effect: error(400, "RequestTimeout") }],
  ["a reset at once", { effect: { kind: "reset", at: "start" }, times: 2 }],
  ["a reset in the request", { effect: { kind: "reset", at: "request", after: 100 } }],
  ["a reset before the answer", { effect: { kind: "reset", at: "answer" } }],
  ["a lost answer", { effect: { kind: "lostAnswer" } }],
  ["a stall in the request", { effect: { kind: "stall", at: "request", after: 100 } }],
  ["a stall before the answer", { effect: { kind: "stall", at: "answer" } }],
  ["a clock that is off", { effect: { kind: "skew" } }],
];

/** The storage, and what must hold of its object `x` afterwards: it is whole or not there, and nothing is left. */
async function opened(): Promise<{ storage: Storage; key: string; mustBeSound: (bytes: Buffer) => void } & AsyncDisposable> {
  const prefix = ownPrefix();
  const storage = await openAt(server, { prefix, partBytes: 5 * MIB, idleTimeoutMs: 400 });
  const key = `${prefix}x`;
  return {
    storage,
    key,
    mustBeSound(bytes) {
      const versions = server.versions(key);
      expect(versions.length, "it was written over").toBeLessThanOrEqual(1);
      for (const version of versions) expect(Buffer.compare(version.bytes(), bytes)).toBe(0);
      expect(server.pendingUploads().filter((upload) => upload.key.startsWith(prefix))).toEqual([]);
      const writes = server.requests.filter((request) => request.key === key && request.operation.startsWith("Delete"));
      expect(writes).toEqual([]);
    },
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  };
}

describe("a fault that passes is got over", () => {
  for (const [title, rule] of PASSING) {
    it.each(WRITES)(`${title}: %s`, async (operation) => {
      await using test = await opened();
      const bytes = operation === "PutObject" ? SMALL : LARGE;
      server.fault({ operation, key: test.key, ...rule });
      await test.storage.put("x", payloadOf(bytes));
      test.mustBeSound(bytes);
      expect(server.versions(test.key)).toHaveLength(1);
    });
  }

  it.each([false, true])("an error inside a 200 to the completion, the work done: %s", async (done) => {
    await using test = await opened();
    server.fault({ operation: "CompleteMultipartUpload", key: test.key, effect: { kind: "errorIn200", done } });
    await test.storage.put("x", payloadOf(LARGE));
    test.mustBeSound(LARGE);
  });

  it.each(["PutObject", "UploadPart"])("a body that is damaged on its way: %s", async (operation) => {
    await using test = await opened();
    const bytes = operation === "PutObject" ? SMALL : LARGE;
    server.fault({ operation, key: test.key, effect: { kind: "corrupt", at: "request", offset: 1000 } });
    await test.storage.put("x", payloadOf(bytes));
    test.mustBeSound(bytes);
  });

  it("409 begins the object again", async () => {
    for (const [operation, bytes] of [["PutObject", SMALL] as const, ["CompleteMultipartUpload", LARGE] as const]) {
      await using test = await opened();
      server.fault({ operation, key: test.key, effect: error(409, "ConditionalRequestConflict") });
      await test.storage.put("x", payloadOf(bytes));
      test.mustBeSound(bytes);
    }
  });

  it.each(["PutObject", "CompleteMultipartUpload"])("a server that refuses If-None-Match gets none: %s", async (operation) => {
    await using test = await opened();
    const bytes = operation === "PutObject" ? SMALL : LARGE;
    server.fault({ operation, key: test.key, effect: error(501, "NotImplemented"), times: operation === "PutObject" ? 2 : 1 });
    await test.storage.put("x", payloadOf(bytes));
    test.mustBeSound(bytes);
    const last = server.requests.filter((request) => request.key === test.key && request.operation === operation).at(-1);
    expect(last?.headers["if-none-match"]).toBeUndefined();
    await expect(test.storage.put("x", payloadOf(bytes))).rejects.toMatchObject({ code: "storage.exists" });
  });

  it("an upload that somebody aborted is begun again", async () => {
    await using test = await opened();
    server.fault({ operation: "UploadPart", key: test.key, nth: 2, effect: error(404, "NoSuchUpload") });
    await test.storage.put("x", payloadOf(LARGE));
    test.mustBeSound(LARGE);
  });
});

describe("a fault that stays is an error, and leaves nothing", () => {
  const STAYING: readonly (readonly [string, S3FaultEffect, string])[] = [
    ["500", error(500, "InternalError"), "storage.unavailable"],
    ["SlowDown", error(503, "SlowDown"), "storage.unavailable"],
    ["resets", { kind: "reset", at: "start" }, "storage.unavailable"],
    ["denied", error(403, "AccessDenied"), "storage.denied"],
    ["expired", { kind: "expiredToken" }, "storage.credentials"],
    ["skewed", { kind: "skew" }, "storage.credentials"],
    ["an unknown key", error(403, "InvalidAccessKeyId"), "storage.credentials"],
    ["a bad class", error(400, "InvalidStorageClass"), "storage.refused"],
    ["a full quota", error(403, "QuotaExceeded"), "storage.full"],
  ];
  for (const [title, effect, code] of STAYING) {
    it.each(title === "denied" ? WRITES : ["PutObject", "CompleteMultipartUpload"])(`${title}: %s`, async (operation) => {
      await using test = await opened();
      const bytes = operation === "PutObject" ? SMALL : LARGE;
      server.fault({ operation, key: test.key, effect, times: 1000 });
      const before = server.requests.length;
      const failure = await test.storage.put("x", payloadOf(bytes)).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code });
      expect((failure as Error).message).toMatch(/x/);
      expect(server.requests.length - before, "requests").toBeLessThan(60);
      test.mustBeSound(bytes);
      expect(server.versions(test.key)).toEqual([]);
      server.clearFaults();
      await test.storage.put("x", payloadOf(bytes));
      test.mustBeSound(bytes);
    });
  }

  it("names what was denied", async () => {
    await using test = await opened();
    server.fault({ operation: "PutObject", effect: error(403, "AccessDenied") });
    await expect(test.storage.put("x", payloadOf(SMALL))).rejects.toThrow("s3:PutObject");
    await expect(test.storage.delete(["x", "y"])).rejects.toThrow("s3:DeleteObject");
  });

  it("a write whose outcome cannot be learned is known again", async () => {
    for (const [operation, bytes] of [["PutObject", SMALL] as const, ["CompleteMultipartUpload", LARGE] as const]) {
      await using test = await opened();
      server.fault({ operation, key: test.key, effect: { kind: "lostAnswer" } });
      server.fault({
        operation: "HeadObject",
        key: test.key,
        nth: operation === "PutObject" ? 2 : 3,
        times: 1000,
        effect: { kind: "reset", at: "start" },
      });
      await expect(test.storage.put("x", payloadOf(bytes))).rejects.toMatchObject({ code: "storage.unavailable" });
      server.clearFaults();
      await test.storage.put("x", payloadOf(bytes)); // what a retry does
      test.mustBeSound(bytes);
      await expect(test.storage.put("x", payloadOf(bytes))).rejects.toMatchObject({ code: "storage.exists" });
    }
  });
});

describe("somebody else", () => {
  it.each(["PutObject", "CompleteMultipartUpload"])("who comes first is not written over: %s", async (operation) => {
    await using test = await opened();
    const bytes = operation === "PutObject" ? SMALL : LARGE;
    const theirs = Buffer.from("theirs");
    const body: Payload = {
      size: bytes.length,
      async *open() {
        yield bytes;
        server.put(test.key, theirs);
      },
    };
    await expect(test.storage.put("x", body)).rejects.toMatchObject({ code: "storage.exists" });
    test.mustBeSound(theirs);
  });

  it("who comes between the try and its repetition is not taken for us", async () => {
    await using test = await opened();
    server.fault({ operation: "PutObject", key: test.key, effect: { kind: "stall", at: "request", after: 10 } });
    const putting = test.storage.put("x", payloadOf(SMALL));
    while (!server.requests.some((request) => request.operation === "PutObject" && request.key === test.key)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    server.put(test.key, SMALL); // the very same bytes
    await expect(putting).rejects.toMatchObject({ code: "storage.exists" });
  });
});

describe("an abort", () => {
  it.each(WRITES)("while %s is under way leaves nothing", async (operation) => {
    await using test = await opened();
    const bytes = operation === "PutObject" ? SMALL : LARGE;
    const abort = new AbortController();
    const reason = new Error("enough");
    server.fault({ operation, key: test.key, effect: { kind: "stall", at: "request", after: 50 }, times: 100 });
    const putting = test.storage.put("x", payloadOf(bytes), abort.signal);
    putting.catch(() => undefined);
    while (!server.requests.some((request) => request.operation === operation && request.key === test.key)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    abort.abort(reason);
    await expect(putting).rejects.toBe(reason);
    test.mustBeSound(bytes);
    expect(server.versions(test.key)).toEqual([]);
  });
});

describe("reading", () => {
  const READING: readonly (readonly [string, S3FaultEffect])[] = [
    ["500", error(500, "InternalError")],
    ["SlowDown", error(503, "SlowDown")],
    ["a reset at once", { kind: "reset", at: "start" }],
    ["a reset in the body", { kind: "reset", at: "answer", after: 1_000_000 }],
    ["a stall in the body", { kind: "stall", at: "answer", after: 1_000_000 }],
    ["a body that ends early", { kind: "short", after: 2_000_000 }],
    ["a clock that is off", { kind: "skew" }],
  ];
  it.each(READING)("%s is got over", async (_, effect) => {
    await using test = await opened();
    await test.storage.put("x", payloadOf(LARGE));
    server.fault({ operation: "GetObject", key: test.key, effect });
    for (const range of [undefined, { start: 10, end: 5_000_000 }]) {
      const got = await collectBytes(test.storage.get("x", range), LARGE.length);
      expect(Buffer.compare(got, LARGE.subarray(range?.start, range?.end))).toBe(0);
    }
  });

  it("a body that is always cut off is given up", async () => {
    await using test = await opened();
    await test.storage.put("x", payloadOf(LARGE));
    server.fault({ operation: "GetObject", key: test.key, effect: { kind: "reset", at: "answer", after: 10 }, times: 1000 });
    const before = server.requests.length;
    await expect(collectBytes(test.storage.get("x"), LARGE.length)).rejects.toMatchObject({ code: "storage.unavailable" });
    expect(server.requests.length - before).toBeLessThan(20);
  });

  it.each([SMALL, LARGE])("bytes that are damaged on their way are told", async (bytes) => {
    await using test = await opened();
    await test.storage.put("x", payloadOf(bytes));
    server.fault({ operation: "GetObject", key: test.key, effect: { kind: "corrupt", at: "answer", offset: 1000 } });
    await expect(collectBytes(test.storage.get("x"), bytes.length)).rejects.toMatchObject({ code: "storage.corrupt" });
  });

  it("a listing gets over faults, and over answers that are cut off", async () => {
    for (const effect of [error(500, "InternalError"), { kind: "short", after: 200 } as const, { kind: "lostAnswer" } as const]) {
      await using test = await opened();
      await test.storage.put("x", payloadOf(SMALL));
      server.fault({ operation: "ListObjectsV2", effect });
      const names: string[] = [];
      for await (const { name } of test.storage.list("")) names.push(name);
      expect(names).toEqual(["x"]);
    }
  });

  it("no secret is in an error, its cause included", async () => {
    await using test = await opened();
    server.fault({ operation: "PutObject", effect: error(403, "AccessDenied") });
    const failure = await test.storage.put("x", payloadOf(SMALL)).catch((thrown: unknown) => thrown);
    expect(isDoppelError(failure, "storage.denied")).toBe(true);
    const { inspect } = await import("node:util");
    const text = inspect(failure, { depth: 20, showHidden: true });
    expect(text).not.toContain(server.append.secretAccessKey);
    expect(text).not.toContain("AWS4-HMAC");
  });
});
