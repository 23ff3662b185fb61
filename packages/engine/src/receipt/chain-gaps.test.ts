import type { Receipt } from "@doppel/format";
import { expect, it } from "vitest";
import { chainGaps } from "./chain-gaps.ts";
import type { StoredReceipt } from "./read-receipt.ts";

const hashOf = (name: string): string => name.repeat(64);

/** What `name` says of the one before it: its name, or how it begins. */
function stored(name: string, before: string, sha256 = hashOf(name)): StoredReceipt {
  const link =
    before === "first" || before === "unknown"
      ? { chain: before }
      : { chain: "continued", previous: { name: before, sha256: hashOf(before) } };
  return { name, size: 1, sha256, receipt: link as Receipt, signature: "none" };
}

const gaps = (...newestFirst: readonly StoredReceipt[]): string[] =>
  chainGaps(newestFirst).map(({ name, previous, reason }) => `${name}>${previous} ${reason}`);

it("finds nothing in a chain that is whole", () => {
  expect(gaps(stored("c", "b"), stored("b", "a"), stored("a", "first"))).toEqual([]);
  expect(gaps()).toEqual([]);
});

it("lets the oldest name one that is gone", () => {
  expect(gaps(stored("c", "b"), stored("b", "a"))).toEqual([]);
});

it("finds one that is gone between others", () => {
  expect(gaps(stored("d", "c"), stored("b", "a"), stored("a", "first"))).toEqual(["d>c missing"]);
});

it("finds one that is not what it was, whether or not it can be used", () => {
  expect(gaps(stored("c", "b"), stored("b", "a", "x"), stored("a", "first"))).toEqual(["c>b different"]);
  const { receipt: _, ...damaged } = stored("b", "a", "x");
  expect(gaps(stored("c", "b"), { ...damaged, problem: "x" }, stored("a", "first"))).toEqual(["c>b different"]);
});

it("finds one that could not be read", () => {
  const { receipt: _, ...unread } = stored("b", "a", "");
  expect(gaps(stored("c", "b"), { ...unread, problem: "too large" })).toEqual(["c>b unread"]);
});

it("finds those that are left out, and a beginning that is none", () => {
  expect(gaps(stored("c", "a"), stored("b", "a"), stored("a", "first"))).toEqual(["c>a skipped"]);
  expect(gaps(stored("b", "first"), stored("a", "first"))).toEqual(["b>a restarted"]);
});

it("takes no offence at one that could not know", () => {
  expect(gaps(stored("c", "b"), stored("b", "unknown"), stored("a", "first"))).toEqual([]);
});
