import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Buffers } from "./buffers.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Buffers", () => {
  it("makes those wait, in order, for whom there is no room", async () => {
    const buffers = new Buffers(100);
    const first = await buffers.take(60);
    const order: string[] = [];
    const second = buffers.take(60).then((buffer) => (order.push("second"), buffer));
    const third = buffers.take(10).then((buffer) => (order.push("third"), buffer)); // would fit, but comes later
    await tick();
    expect(order).toEqual([]);
    buffers.give(first);
    expect([(await second).length, (await third).length]).toEqual([60, 10]);
    expect(order).toEqual(["second", "third"]);
    expect(buffers.lent).toBe(70);
  });

  it("lends one that is too large when it is the only one", async () => {
    const buffers = new Buffers(10);
    const large = await buffers.take(1000);
    const small = buffers.take(1);
    await tick();
    expect(buffers.lent).toBe(1000);
    buffers.give(large);
    await small;
    expect(buffers.lent).toBe(1);
  });

  it("lets go of who has stopped waiting", async () => {
    const buffers = new Buffers(10);
    const held = await buffers.take(10);
    const abort = new AbortController();
    const reason = new Error("enough");
    const waiting = buffers.take(10, abort.signal);
    const next = buffers.take(5);
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    buffers.give(held);
    expect((await next).length).toBe(5);
    await expect(buffers.take(1, abort.signal)).rejects.toBe(reason);
    expect(buffers.lent).toBe(5);
  });

  it("uses memory again, and never lends it twice", async () => {
    const buffers = new Buffers(100);
    const first = await buffers.take(50);
    const memory = first.buffer;
    buffers.give(first);
    const again = await buffers.take(40);
    expect(again.buffer).toBe(memory);
    const other = await buffers.take(40);
    expect(other.buffer).not.toBe(memory);
  });

  it("never lends more than its limit, whatever is asked", async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sizes, async (asked) => {
        const buffers = new Buffers(100);
        const memory = new Set<ArrayBufferLike>();
        await Promise.all(
          asked.map(async (size) => {
            const buffer = await buffers.take(size);
            expect(buffer.length).toBe(size);
            expect(memory.has(buffer.buffer)).toBe(false);
            memory.add(buffer.buffer);
            expect(buffers.lent).toBeLessThanOrEqual(100);
            await tick();
            memory.delete(buffer.buffer);
            buffers.give(buffer);
          }),
        );
        expect(buffers.lent).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
