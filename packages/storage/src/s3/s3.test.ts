import { startS3Server, type S3TestServer } from "@doppel/testkit";
import { collectBytes, payloadOf, type RunEvent } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { contractChecks } from "../contract.ts";
import { openAt, sample } from "./test-support.ts";

const MIB = 2 ** 20;

let server: S3TestServer;
beforeAll(async () => {
  server = await startS3Server();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("the contract, by who may do everything", () => {
  it.each(contractChecks("mem").map((check) => [check.name, check] as const))("%s", async (_, check) => {
    await using storage = await openAt({ ...server, append: server.admin });
    await check.run(storage);
    expect(server.pendingUploads()).toEqual([]);
  });
});

describe("an object in parts", () => {
  it("comes back whole", async () => {
    const events: RunEvent[] = [];
    await using storage = await openAt(server, { partBytes: 5 * MIB, events });
    const bytes = sample(17 * MIB + 3);
    await storage.put("big", payloadOf(bytes));
    expect(Buffer.compare(await collectBytes(storage.get("big"), bytes.length), bytes)).toBe(0);
    expect((await storage.stat("big"))?.size).toBe(bytes.length);
    expect(server.pendingUploads()).toEqual([]);
    await expect(storage.put("big", payloadOf(bytes))).rejects.toMatchObject({ code: "storage.exists" });
  });
});
