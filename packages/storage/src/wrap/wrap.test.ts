import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collectBytes, DoppelError, pathFromText, payloadOf, type RunEvent } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contractChecks } from "../contract.ts";
import { FileStorage } from "../file/storage.ts";
import type { Storage } from "../storage.ts";
import { readOnly } from "./read-only.ts";
import { type RetryOptions, withRetry } from "./retry.ts";

let directory: string;
let disk: Storage;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "doppel-wrap-"));
  disk = new FileStorage({ label: "disk", directory: pathFromText(directory), random: { bytes: (n) => randomBytes(n) } });
});
afterEach(() => rm(directory, { recursive: true }));

const unavailable = () => new DoppelError("storage.unavailable", "try again", { operation: "test" });

/** Each operation of `disk` fails `failures` times first; a get and a list after `after` chunks or objects. */
function flaky(failures: number, after: number, error: () => Error = unavailable): Storage & { calls: number } {
  const flaw = () => {
    if (++storage.calls <= failures) throw error();
  };
  async function* cutOff<T>(items: AsyncIterable<T>): AsyncIterable<T> {
    const fails = ++storage.calls <= failures;
    let left = after;
    for await (const item of items) {
      if (fails && left-- === 0) throw error();
      yield item;
    }
    if (fails) throw error();
  }
  const storage = {
    calls: 0,
    label: disk.label,
    list: (prefix: string, signal?: AbortSignal) => cutOff(disk.list(prefix, signal)),
    get: (name: string, range?: { start: number; end: number }, signal?: AbortSignal) => cutOff(disk.get(name, range, signal)),
    stat: async (name: string) => (flaw(), disk.stat(name)),
    put: async (name: string, body: Parameters<Storage["put"]>[1]) => (flaw(), disk.put(name, body)),
    delete: async (names: readonly string[]) => (flaw(), disk.delete(names)),
    [Symbol.asyncDispose]: () => disk[Symbol.asyncDispose](),
  };
  return storage;
}

let events: RunEvent[];
let waits: number[];
function options(more: Partial<RetryOptions> = {}): RetryOptions {
  events = [];
  waits = [];
  const random = { bytes: (n: number) => new Uint8Array(n).fill(0x80) }; // a half and a bit
  const sleep = async (ms: number, signal?: AbortSignal) => (waits.push(Math.round(ms)), signal?.throwIfAborted());
  return { random, emit: (event) => events.push(event), sleep, ...more };
}

async function names(storage: Storage): Promise<string[]> {
  const found = [];
  for await (const { name } of storage.list("")) found.push(name);
  return found.sort();
}

describe("withRetry", () => {
  it.each(contractChecks("retry").map((check) => [check.name, check] as const))("keeps the contract: %s", (_, check) =>
    check.run(withRetry(disk, options())),
  );

  it("tries again what was unavailable, with growing waits, and says so", async () => {
    await withRetry(flaky(3, 0), options()).put("x", payloadOf(Buffer.from("1")));
    expect(waits).toEqual([251, 502, 1004]);
    expect(events).toEqual([1, 2, 3].map((attempt) => ({ type: "retry", operation: "store x", attempt, detail: "try again" })));
    expect(await names(disk)).toEqual(["x"]);
    const storage = withRetry(flaky(1, 0), options());
    expect((await storage.stat("x"))?.size).toBe(1);
    await withRetry(flaky(1, 0), options()).delete(["x"]);
    expect(await names(disk)).toEqual([]);
  });

  it("gives up after the last try, with the last error", async () => {
    const inner = flaky(99, 0);
    await expect(withRetry(inner, options({ tries: 4 })).stat("x")).rejects.toMatchObject({ code: "storage.unavailable" });
    expect(inner.calls).toBe(4);
    expect(waits).toHaveLength(3);
  });

  it("never waits longer than the limit", async () => {
    await expect(withRetry(flaky(99, 0), options({ tries: 6, maxDelayMs: 1000 })).stat("x")).rejects.toThrow();
    expect(Math.max(...waits)).toBeLessThan(1000);
  });

  it("tries nothing again that another try cannot mend", async () => {
    for (const error of [new DoppelError("storage.denied", "no", { operation: "o", name: "x" }), new Error("bug")]) {
      const inner = flaky(1, 0, () => error);
      await expect(withRetry(inner, options()).stat("x")).rejects.toBe(error);
      expect(inner.calls).toBe(1);
      expect(events).toEqual([]);
    }
  });

  it("goes on reading where it broke off", async () => {
    const bytes = randomBytes(2_000_000);
    await disk.put("x", payloadOf(bytes));
    for (const range of [undefined, { start: 10, end: 1_500_000 }, { start: 5, end: 9_000_000 }]) {
      for (const after of [0, 1, 3, 100]) {
        const got = await collectBytes(withRetry(flaky(3, after), options()).get("x", range), bytes.length);
        expect(Buffer.compare(got, bytes.subarray(range?.start, range?.end))).toBe(0);
        expect(events).toHaveLength(3);
      }
    }
  });

  it("begins a listing again only while it has given nothing", async () => {
    for (const name of ["a", "b"]) await disk.put(name, payloadOf(Buffer.from(name)));
    expect(await names(withRetry(flaky(2, 0), options()))).toEqual(["a", "b"]);
    await expect(names(withRetry(flaky(1, 1), options()))).rejects.toMatchObject({ code: "storage.unavailable" });
  });

  it("stops waiting when the run is aborted", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const inner = flaky(99, 0);
    const sleep = async (_: number, signal?: AbortSignal) => (abort.abort(reason), signal?.throwIfAborted());
    await expect(withRetry(inner, options({ sleep })).stat("x", abort.signal)).rejects.toBe(reason);
    expect(inner.calls).toBe(1);
  });
});

describe("readOnly", () => {
  it("reads, and refuses to change anything", async () => {
    const bytes = Buffer.from("1");
    await disk.put("x", payloadOf(bytes));
    const storage = readOnly(disk);
    await expect(storage.put("y", payloadOf(bytes))).rejects.toMatchObject({ code: "storage.denied" });
    await expect(storage.delete(["x"])).rejects.toMatchObject({ code: "storage.denied" });
    await storage.delete([]);
    expect(await names(storage)).toEqual(["x"]);
    expect(Buffer.compare(await collectBytes(storage.get("x"), 1), bytes)).toBe(0);
    expect((await storage.stat("x"))?.size).toBe(1);
    expect(storage.label).toBe("disk");
  });
});
