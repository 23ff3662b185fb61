import { expect, it, onTestFinished } from "vitest";
import type { S3FaultEffect } from "./faults.ts";
import { startS3Proxy } from "./proxy.ts";
import { startS3Server } from "./server.ts";
import { bench, texts } from "./testing/bench.ts";

/** A server with a proxy in front, and x = "hello world". */
async function start(effect?: S3FaultEffect, operation?: string) {
  const server = await startS3Server();
  const proxy = await startS3Proxy(server);
  onTestFinished(() => server[Symbol.asyncDispose]());
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const own = bench(proxy);
  await own.put("x", "hello world");
  if (effect !== undefined) proxy.fault({ effect, ...(operation === undefined ? {} : { operation }) });
  return { server, proxy, ...own };
}

it("passes on what is sent either way, signatures and all, and remembers it", async () => {
  const { proxy, server, append, put, read, prefix } = await start();
  const bytes = Buffer.alloc(3_000_000, "bytes of a proxy ");
  await put("big", bytes);
  expect((await append({ method: "GET", key: "big" })).bytes.equals(bytes)).toBe(true);
  expect(await read("none")).toContain("NoSuchKey");
  expect((await append({ method: "HEAD", key: "x" })).headers["content-length"]).toBe("11");
  const listed = await append({ method: "GET", query: { "list-type": "2", prefix } });
  expect(texts(listed, "Key")).toHaveLength(2);
  expect(proxy.requests.slice(1).map(({ operation, user, status, bytes }) => [operation, user, status, bytes])).toEqual([
    ["PutObject", "append", 200, 3_000_000],
    ["GetObject", "append", 200, 0],
    ["GetObject", "append", 404, 0],
    ["HeadObject", "append", 200, 0],
    ["ListObjectsV2", "append", 200, 0],
  ]);
  expect(proxy.requests.map(({ key, query }) => [key, query])).toEqual(server.requests.map(({ key, query }) => [key, query]));
});

it("errors of its own never reach the server", async () => {
  for (const [effect, status, code] of [
    [{ kind: "error", status: 503, code: "SlowDown" }, 503, "SlowDown"],
    [{ kind: "skew" }, 403, "RequestTimeTooSkewed"],
    [{ kind: "expiredToken" }, 400, "ExpiredToken"],
    [{ kind: "errorIn200" }, 200, "InternalError"],
  ] as const) {
    const { server, append, prefix } = await start(effect, "PutObject");
    const answer = await append({ method: "PUT", key: "y", body: "y" });
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(server.keys()).toEqual([`${prefix}x`]);
  }
});

it("an error in a 200, or an answer that is lost, after the work was done", async () => {
  const said = await start({ kind: "errorIn200", done: true }, "PutObject");
  expect((await said.append({ method: "PUT", key: "y", body: "y" })).code).toBe("InternalError");
  expect(said.server.keys()).toContain(`${said.prefix}y`);
  const lost = await start({ kind: "lostAnswer" }, "PutObject");
  await expect(lost.append({ method: "PUT", key: "y", body: "y" })).rejects.toThrow(/ECONNRESET|hang up/);
  expect(lost.server.keys()).toContain(`${lost.prefix}y`);
  expect(lost.proxy.requests.at(-1)?.status).toBe(0);
});

it("requests that break off leave nothing", async () => {
  for (const effect of [
    { kind: "reset", at: "start" },
    { kind: "reset", at: "request", after: 1 },
  ] as const) {
    const { server, append, prefix } = await start(effect, "PutObject");
    await expect(append({ method: "PUT", key: "y", body: "hello" })).rejects.toThrow(/ECONNRESET|EPIPE|hang up/);
    expect(server.keys()).toEqual([`${prefix}x`]);
  }
});

it("answers that break off, stop short or change", async () => {
  for (const effect of [
    { kind: "reset", at: "answer", after: 3 },
    { kind: "short", after: 3 },
  ] as const) {
    const { append } = await start(effect, "GetObject");
    await expect(append({ method: "GET", key: "x" })).rejects.toThrow(/aborted|ECONNRESET/);
  }
  const { read } = await start({ kind: "corrupt", at: "answer", offset: 0 }, "GetObject");
  expect(await read("x")).toBe("iello world");
});

it("bytes that change on the way in are found by the server", async () => {
  const { append } = await start({ kind: "corrupt", at: "request" }, "PutObject");
  expect((await append({ method: "PUT", key: "y", body: "hello" })).code).toBe("XAmzContentSHA256Mismatch");
});
