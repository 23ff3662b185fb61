import { collectBytes, isDoppelError, payloadOf } from "@doppel/base";
import { contractChecks, type Storage } from "@doppel/storage";
import { describe, expect, it } from "vitest";
import { type Fault, FaultyStorage, type StorageOperation } from "./faulty-storage.ts";
import { MemoryStorage } from "./memory-storage.ts";

const checks = contractChecks("kit").map((check) => [check.name, check] as const);

describe("MemoryStorage", () => {
  it.each(checks)("%s", (_, check) => check.run(new MemoryStorage()));
});

describe("FaultyStorage without faults", () => {
  it.each(checks)("%s", (_, check) => check.run(new FaultyStorage(new MemoryStorage(), [])));
});

describe("the contract", () => {
  // Each of these storages breaks one promise; some check must find it.
  const broken: Record<string, (memory: MemoryStorage) => Partial<Storage>> = {
    "a put that replaces": (memory) => ({
      put: async (name, body) => {
        memory.objects.set(name, await collectBytes(body.open(), body.size));
      },
    }),
    "a put that leaves a part behind": (memory) => ({
      put: async (name, body, signal) => {
        if (!memory.objects.has(name)) memory.objects.set(name, new Uint8Array(1));
        else throw new Error("exists");
        const bytes = await collectBytes(body.open(signal), body.size);
        memory.objects.set(name, bytes);
      },
    }),
    "a range with an inclusive end": (memory) => ({
      get: (name, range, signal) => memory.get(name, range && { start: range.start, end: range.end + 1 }, signal),
    }),
    "a list that forgets its prefix": (memory) => ({ list: (_, signal) => memory.list("doppel", signal) }),
    "a list without the last object": (memory) => ({
      async *list(prefix, signal) {
        let last;
        for await (const object of memory.list(prefix, signal)) {
          if (last) yield last;
          last = object;
        }
      },
    }),
    "a stat that throws for what is missing": (memory) => ({
      stat: async (name) => {
        const found = await memory.stat(name);
        if (!found) throw new Error("missing");
        return found;
      },
    }),
    "a get that ignores an abort": (memory) => ({ get: (name, range) => memory.get(name, range) }),
  };

  it.each(Object.entries(broken))("finds out %s", async (_, flaw) => {
    const results = await Promise.allSettled(
      contractChecks("broken").map((check) => {
        const memory = new MemoryStorage();
        const inner: Storage = {
          label: "broken",
          list: (prefix, signal) => memory.list(prefix, signal),
          stat: (name, signal) => memory.stat(name, signal),
          get: (name, range, signal) => memory.get(name, range, signal),
          put: (name, body, signal) => memory.put(name, body, signal),
          delete: (names, signal) => memory.delete(names, signal),
          [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
        };
        return check.run({ ...inner, ...flaw(memory) });
      }),
    );
    expect(results.some((result) => result.status === "rejected")).toBe(true);
  });
});

describe("FaultyStorage", () => {
  const bytes = new Uint8Array(200_000).fill(7);

  async function prepared(...faults: Fault[]): Promise<FaultyStorage> {
    const memory = new MemoryStorage();
    for (const name of ["a", "b", "c"]) await memory.put(name, payloadOf(bytes));
    return new FaultyStorage(memory, faults);
  }

  const actions: Record<StorageOperation, (storage: Storage, signal?: AbortSignal) => Promise<unknown>> = {
    list: async (storage, signal) => {
      const names = [];
      for await (const { name } of storage.list("", signal)) names.push(name);
      return names;
    },
    stat: (storage, signal) => storage.stat("a", signal),
    get: (storage, signal) => collectBytes(storage.get("a", undefined, signal), bytes.length),
    put: (storage, signal) => storage.put("new", payloadOf(bytes), signal),
    delete: (storage, signal) => storage.delete(["a"], signal),
  };
  const kinds = Object.keys(actions) as StorageOperation[];

  it.each(kinds)("fails the first %s, without effect, and then works", async (kind) => {
    const storage = await prepared({ operation: kind, at: 1, how: "fail" });
    await expect(actions[kind](storage)).rejects.toMatchObject({ code: "storage.unavailable" });
    expect(storage.exhausted).toBe(true);
    expect((await storage.stat("a"))?.size).toBe(bytes.length);
    expect(await storage.stat("new")).toBeUndefined();
    await actions[kind](storage);
  });

  it.each(kinds)("stalls a %s until it is aborted", async (kind) => {
    const storage = await prepared({ operation: kind, at: 1, how: "stall" });
    const abort = new AbortController();
    const reason = new Error("enough");
    const stalled = actions[kind](storage, abort.signal);
    const early = await Promise.race([stalled, new Promise((resolve) => setImmediate(resolve, "still waiting"))]);
    expect(early).toBe("still waiting");
    abort.abort(reason);
    await expect(stalled).rejects.toBe(reason);
  });

  it("cuts a get, a put and a list off", async () => {
    const storage = await prepared(
      { operation: "get", at: 1, how: "cut", after: 100_000 },
      { operation: "put", at: 1, how: "cut", after: 100_000 },
      { operation: "list", at: 1, how: "cut", after: 2 },
    );
    let received = 0;
    const reading = (async () => {
      for await (const chunk of storage.get("a")) received += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: "storage.unavailable" });
    expect(received).toBe(100_000);
    await expect(actions.put(storage)).rejects.toMatchObject({ code: "storage.unavailable" });
    expect(await storage.stat("new")).toBeUndefined();
    const names: string[] = [];
    const listing = (async () => {
      for await (const { name } of storage.list("")) names.push(name);
    })();
    await expect(listing).rejects.toMatchObject({ code: "storage.unavailable" });
    expect(names).toEqual(["a", "b"]);
  });

  it("counts all operations where none is named, and logs them", async () => {
    const storage = await prepared({ at: 3, how: "fail", error: () => new Error("mine") });
    await actions.stat(storage);
    await actions.get(storage);
    await expect(actions.put(storage)).rejects.toThrow("mine");
    await actions.put(storage);
    expect(storage.log).toEqual(["stat a", "get a", "put new", "put new"]);
    expect(isDoppelError(await actions.put(storage).catch((e: unknown) => e), "storage.exists")).toBe(true);
    expect((await prepared({ at: 1, how: "fail" })).exhausted).toBe(false);
  });
});
