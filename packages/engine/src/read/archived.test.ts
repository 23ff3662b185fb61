import type { Runtime, RunEvent } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import type { Archived, StoredObject, ThawOptions } from "@doppel/storage";
import { MemoryStorage } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { ensureReadable } from "./archived.ts";
import { readContext } from "./context.ts";

const HOUR = 3_600_000;
const NAMES = ["vol1", "vol2", "vol3", "hot"];
const TIER = { tier: "bulk", days: 3 } as const;

/** An archive whose copies are ready some time after they were asked for, by a clock that only sleeping moves. */
class Glacier extends MemoryStorage {
  now = Date.parse("2026-01-01T00:00:00Z");
  readonly asked: { readonly names: readonly string[]; readonly options: ThawOptions }[] = [];
  readonly #readyAt = new Map<string, number>();
  looks = 0;

  async thaw(names: readonly string[], options: ThawOptions): Promise<void> {
    this.asked.push({ names, options });
    for (const name of names) this.#readyAt.set(name, this.now + (names.indexOf(name) + 1) * HOUR);
  }

  override async stat(name: string): Promise<StoredObject | undefined> {
    this.looks++;
    return { name, size: 1_000_000, ...(name !== "hot" && { archived: this.#state(name) }) };
  }

  #state(name: string): Archived {
    const ready = this.#readyAt.get(name);
    if (ready === undefined) return { class: "GLACIER" };
    return this.now < ready
      ? { class: "GLACIER", thawing: true }
      : { class: "GLACIER", thawedUntil: new Date(ready + 72 * HOUR) };
  }

  /** What a command does first; `stopAfter`: it is interrupted then. */
  async ensure(thaw?: ThawOptions, stopAfter = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
    const events: RunEvent[] = [];
    const stop = new AbortController();
    const until = this.now + stopAfter;
    const runtime: Runtime = {
      clock: {
        now: () => new Date(this.now),
        sleep: async (ms) => {
          this.now += ms;
          if (this.now > until) stop.abort(new Error("stopped"));
          stop.signal.throwIfAborted();
        },
      },
      random: { bytes: (n) => new Uint8Array(n) },
      emit: (event) => void events.push(event),
      signal: stop.signal,
    };
    const context = readContext({ storage: this, archiveDir: "/nonexistent", tempDir: "/nonexistent" }, NO_PREFIXES, runtime);
    const archived = new Map(NAMES.filter((name) => name !== "hot").map((name) => [name, "GLACIER"]));
    await ensureReadable(NAMES, { archived, sizes: new Map(NAMES.map((name) => [name, 1_000_000])) }, context, thaw);
    return events.flatMap((event) => (event.type === "notice" ? [event.detail] : []));
  }
}

describe("ensureReadable", () => {
  it("names what must be thawed, and asks for nothing by itself", async () => {
    const storage = new Glacier();
    await expect(storage.ensure()).rejects.toMatchObject({
      code: "storage.archived",
      message:
        "3 objects in GLACIER, 3.0 MB (vol1, vol2, vol3) cannot be read before thawing; --thaw standard (or bulk, expedited) asks for copies, waits, and goes on",
    });
    expect(storage.asked).toEqual([]);
  });

  it("asks for copies once, looks every five minutes until all are there, and tells of it", async () => {
    const storage = new Glacier();
    const began = storage.now;
    const told = await storage.ensure(TIER);
    expect(storage.asked).toEqual([{ names: ["vol1", "vol2", "vol3"], options: TIER }]);
    expect(storage.now - began).toBe(3 * HOUR);
    expect(storage.looks).toBe(3 * 13 + 2 * 12 + 12); // 13: the first look is before the wait
    expect(told).toEqual([
      expect.stringContaining("must be thawed first: copies are asked for, and this waits for them"),
      "2 of 3 are still to come",
      "1 of 3 are still to come",
    ]);
  });

  it("goes on where a stopped run left off: what was asked for is not asked for again", async () => {
    const storage = new Glacier();
    await expect(storage.ensure(TIER, 1.5 * HOUR)).rejects.toThrow("stopped");
    await expect(storage.ensure()).rejects.toThrow(
      /^2 objects in GLACIER.*; 2 of them are being thawed; wait, or give --thaw standard to wait here$/,
    );
    await storage.ensure(TIER);
    expect(storage.asked).toHaveLength(1);
    expect(await storage.ensure()).toEqual([]);
  });

  it("asks again for copies that have gone", async () => {
    const storage = new Glacier();
    await storage.ensure(TIER);
    storage.now += 80 * HOUR;
    await expect(storage.ensure()).rejects.toMatchObject({ code: "storage.archived" });
    await storage.ensure(TIER);
    expect(storage.asked).toHaveLength(2);
  });
});
