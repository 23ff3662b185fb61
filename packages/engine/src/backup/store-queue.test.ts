import { setImmediate } from "node:timers/promises";
import { DoppelError, ROOT, type Runtime } from "@doppel/base";
import { FaultyStorage, MemoryStorage } from "@doppel/testkit";
import { expect, it } from "vitest";
import { Spool } from "../seal/spool.ts";
import { StoreQueue } from "./store-queue.ts";
import type { SealedVolume } from "./volume.ts";

const runtime: Runtime = {
  clock: { now: () => new Date(0), sleep: async () => {} },
  random: { bytes: (n) => Buffer.alloc(n) },
  emit: () => {},
  signal: new AbortController().signal,
} as Runtime;

async function volume(number: number): Promise<SealedVolume> {
  const body = new Spool({ tempDir: "/nonexistent", memoryLimit: 100, random: runtime.random });
  await body.append(Buffer.from("x"));
  const pieces = { tarBytes: 1, pieceBytes: 1, pieces: [1], layout: { encoding: "plain" } } as const;
  const object = { body, size: 1, sha1: "", sha256: "", pieces, [Symbol.asyncDispose]: () => body[Symbol.asyncDispose]() };
  return { info: { number, start: { path: ROOT }, end: { path: ROOT }, hashes: new Map() }, object };
}

function queueOver(storage: FaultyStorage): StoreQueue {
  const nameOf = (number: number): string => `v${number}`;
  return new StoreQueue({ storage, runtime, nameOf, onStored: () => {}, journal: undefined, kept: [], sabotage: {} });
}

it("begins in order, whichever volume is sealed first", async () => {
  const storage = new FaultyStorage(new MemoryStorage(), []);
  const queue = queueOver(storage);
  const first = deferred<SealedVolume>();
  const adding = (async () => {
    await queue.add(first.promise);
    for (const number of [2, 3, 4]) await queue.add(volume(number));
  })();
  for (let i = 0; i < 20; i++) await setImmediate();
  expect(storage.log).toEqual([]);
  first.resolve(await volume(1));
  await adding;
  expect((await queue.drain()).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(storage.log).toEqual(["put v1", "put v2", "put v3", "put v4"]);
});

it("lets the volume before a failed one be stored, and none behind it", async () => {
  const memory = new MemoryStorage();
  const storage = new FaultyStorage(memory, [{ at: 2, operation: "put", how: "fail" }]);
  const slow = deferred<void>();
  const put = storage.put.bind(storage);
  storage.put = async (name, body, signal) => {
    const storing = put(name, body, name === "v1" ? undefined : signal);
    if (name !== "v1") return storing;
    await slow.promise;
    signal?.throwIfAborted();
    return storing;
  };
  const queue = queueOver(storage);
  await queue.add(volume(1));
  const failed = queue.add(volume(2)).then(
    () => queue.add(volume(3)),
    (error: unknown) => error,
  );
  const outcome = await failed.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(DoppelError);
  slow.resolve();
  await queue.settle();
  expect([...memory.objects.keys()]).toEqual(["v1"]);
  expect(queue.infos.map(({ number }) => number)).toEqual([1]);
});

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
