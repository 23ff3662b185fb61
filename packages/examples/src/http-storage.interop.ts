import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTarget } from "@doppel/engine";
import { contractChecks } from "@doppel/storage";
import { asStored, compareTrees, describeInterop, makeAwkwardTree, scanTree, stockDuplicity, tempDir } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { httpStorage } from "./http-storage.ts";

const TOKEN = "a token";
const objects = new Map<string, Buffer>();

/** The service that the driver is for. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url!, "http://service");
  const name = decodeURIComponent(pathname.slice(1));
  const found = objects.get(name);
  const answer = (status: number, body?: Buffer | string): void => void response.writeHead(status).end(body);
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return answer(401);
  if (request.method === "PUT") {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // throws when the client breaks off
    if (request.headers["if-none-match"] !== "*") return answer(400);
    if (objects.has(name)) return answer(412);
    objects.set(name, Buffer.concat(chunks));
    return answer(201);
  }
  if (request.method === "DELETE") return answer(objects.delete(name) ? 204 : 404);
  if (name === "") {
    const listed = [...objects].filter(([key]) => key.startsWith(searchParams.get("prefix") ?? ""));
    return answer(200, JSON.stringify(listed.map(([key, { length }]) => ({ name: key, size: length }))));
  }
  if (!found) return answer(404);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined)
    return void response.writeHead(200, { "content-length": found.length }).end(request.method === "GET" ? found : "");
  if (Number(first) >= found.length) return answer(416);
  return answer(206, found.subarray(Number(first), Number(last) + 1));
}

const server = createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
});
let base = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

describeInterop(["duplicity"], "a storage driver of one's own", () => {
  it.each(contractChecks("example"))("keeps the contract: $name", async (check) => {
    await using storage = httpStorage(base, TOKEN);
    await check.run(storage);
    expect([...objects.keys()]).toEqual([]);
  });

  it("says that it may not, and that nobody answers", async () => {
    await expect(httpStorage(base, "another").stat("a")).rejects.toMatchObject({ code: "storage.denied" });
    await expect(httpStorage("http://127.0.0.1:1/", TOKEN).stat("a")).rejects.toMatchObject({ code: "storage.unavailable" });
  });

  it("holds backups that doppel and stock duplicity restore", async () => {
    const dir = tempDir();
    const source = join(dir, "source");
    mkdirSync(source);
    makeAwkwardTree(source);
    await using target = await openTarget(httpStorage(base, TOKEN));
    const report = await target.backup(source, { encryption: "none", volumeBytes: 100_000 });
    expect(report.incomplete).toBe(0);
    await target.restore(join(dir, "ours"));
    expect(compareTrees(asStored(scanTree(source)), scanTree(join(dir, "ours")))).toEqual([]);
    mkdirSync(join(dir, "copy"));
    for (const [name, bytes] of objects) writeFileSync(join(dir, "copy", name), bytes);
    using stock = stockDuplicity();
    const { code } = await stock.run(["restore", "--no-encryption", `file://${dir}/copy`, join(dir, "stock")]);
    expect(code).toBe(0);
    expect(compareTrees(asStored(scanTree(source)), scanTree(join(dir, "stock")))).toEqual([]);
  });
});
