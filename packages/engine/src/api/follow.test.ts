import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { follow } from "./follow.ts";

describe("following a signal", () => {
  it("calls each follower once, with one listener for all, and leaves none when they have gone", () => {
    const stop = new AbortController();
    const called: number[] = [];
    const ends = Array.from({ length: 20 }, (_, n) => follow(stop.signal, () => called.push(n)));
    expect(getEventListeners(stop.signal, "abort").length).toBe(1);
    for (const end of ends.slice(0, 19)) end();
    expect(getEventListeners(stop.signal, "abort").length).toBe(1);
    stop.abort();
    expect(called).toEqual([19]);
    ends[19]!();
    ends[19]!();
    expect(getEventListeners(stop.signal, "abort").length).toBe(0);
  });

  it("begins again after all have gone", () => {
    const stop = new AbortController();
    let called = 0;
    follow(stop.signal, () => called++)();
    follow(stop.signal, () => called++);
    stop.abort();
    expect(called).toBe(1);
  });

  it("calls at once when it is too late", () => {
    let called = 0;
    follow(AbortSignal.abort(), () => called++)();
    expect(called).toBe(1);
  });
});
