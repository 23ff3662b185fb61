import { expect, it } from "vitest";
import { type Finding, verdictOf } from "./finding.ts";

it("one failure outweighs all warnings, and what was not looked at weighs nothing", () => {
  const of = (...levels: readonly Finding["level"][]) => verdictOf(levels.map((level) => ({ id: "x", level, title: "x" })));
  expect(of("pass", "skipped").exit).toBe(0);
  expect(of("pass", "warn", "skipped").exit).toBe(3);
  expect(of("warn", "fail", "pass")).toEqual({ counts: { pass: 1, warn: 1, fail: 1, skipped: 0 }, exit: 1 });
});
