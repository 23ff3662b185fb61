import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { ping } from "./ping.ts";
import { runProgram } from "./run-program.ts";
import { webhookChannel } from "./webhook.ts";

const { signal } = new AbortController();

/** Nothing listens there any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("what could not be delivered", () => {
  it("is said without the address, which is a secret", async () => {
    const port = await closedPort();
    const { label, digest } = webhookChannel({ url: `http://127.0.0.1:${port}/hook/geheim`, headers: {} });
    const now = new Date(0);
    const report = { time: now, profiles: [], fleet: [], isWhole: true };
    await expect(digest(report, { now, timeZone: "UTC", signal })).rejects.toThrow(/^does not answer \(ECONNREFUSED\)$/);
    expect(label).toBe(`webhook at 127.0.0.1:${port}`);
    expect(await ping([`http://127.0.0.1:${port}/geheim`], true, signal)).toEqual([
      `ping of 127.0.0.1:${port}: does not answer (ECONNREFUSED)`,
    ]);
  });

  it("by a program that is not there, or fails, or has not read what it was given", async () => {
    const env = { PATH: process.env["PATH"] };
    await expect(runProgram(["/nowhere/program"], "x", { env, signal })).rejects.toThrow(/^could not be run \(ENOENT\)$/);
    await expect(runProgram(["sh", "-c", "exit 7"], "x", { env, signal })).rejects.toThrow(/^ended with exit code 7$/);
    await expect(runProgram(["sh", "-c", "kill $$"], "x", { env, signal })).rejects.toThrow(/^ended with SIGTERM$/);
    await expect(runProgram(["true"], Buffer.alloc(1 << 20), { env, signal })).resolves.toBeUndefined();
  });
});
