import { describe, expect, it } from "vitest";
import { compactTime, countOf, nounFor } from "./wording.ts";

describe("counting", () => {
  it.each([
    [0, "0 files", "0 file(s)"],
    [1, "1 file", "1 file(s)"],
    [2, "2 files", "2 file(s)"],
  ])("%i", (count, old, three) => {
    expect([countOf(count, "file", "duplicity-0.8"), countOf(count, "file", "duplicity-3")]).toEqual([old, three]);
    expect(`${count} ${nounFor(count, "file", "duplicity-0.8")}`).toBe(old);
  });
});

it("writes a time without separators", () => {
  expect(compactTime(new Date(1_700_000_000_999))).toBe("20231114T221320Z");
});
