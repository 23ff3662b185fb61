import { DoppelError, type RunEvent } from "@doppel/base";
import { type Fault, FaultyStorage, MemoryStorage, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import type { ReadContext } from "./context.ts";
import { fetchObject } from "./fetch.ts";

const BYTES = Buffer.from("what is stored");

/** An object of which the first so many downloads arrive damaged, which is told after some bytes of them. */
function damagedOnTheWay(times: number) {
  const inner = new MemoryStorage();
  inner.objects.set("x", BYTES);
  const error = (): Error => new DoppelError("storage.corrupt", "x did not arrive as it is stored", { name: "x" });
  const faults = Array.from({ length: times }, (_, index): Fault => ({ at: index + 1, how: "cut", after: 5, error }));
  const storage = new FaultyStorage(inner, faults);
  const events: RunEvent[] = [];
  const runtime = {
    clock: { now: () => new Date(0), sleep: () => Promise.resolve() },
    random: { bytes: (n: number) => new Uint8Array(n) },
    emit: (event: RunEvent) => void events.push(event),
    signal: new AbortController().signal,
  };
  const context: Pick<ReadContext, "deps" | "runtime"> = {
    deps: { storage, archiveDir: "/nonexistent", tempDir: tempDir() },
    runtime,
  };
  return { storage, events, context };
}

it("fetches again what was damaged on its way, and uses nothing of the damaged download", async () => {
  const { events, context } = damagedOnTheWay(2);
  await using spool = await fetchObject("x", context);
  const chunks: Uint8Array[] = [];
  for await (const chunk of spool.open()) chunks.push(chunk);
  expect(Buffer.concat(chunks)).toEqual(BYTES);
  expect(events).toMatchObject([1, 2].map((attempt) => ({ type: "retry", operation: "read x", attempt })));
});

it("gives up what arrives damaged every time", async () => {
  const { storage, context } = damagedOnTheWay(9);
  await expect(fetchObject("x", context)).rejects.toMatchObject({ code: "storage.corrupt" });
  expect(storage.log).toEqual(["get x", "get x", "get x"]);
});
