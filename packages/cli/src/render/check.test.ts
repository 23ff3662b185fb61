import type { CheckReport } from "@doppel/engine/internal";
import { describe, expect, it } from "vitest";
import { checkText } from "./check.ts";

const time = new Date("2026-11-22T00:00:00Z");
const SET = {
  id: { kind: "full", start: time, end: time },
  objects: 44,
  bytes: 4400,
  read: 24,
  readBytes: 2400,
  findings: [],
} as const;
const report = (readBefore: number): CheckReport => ({
  target: "t",
  withKey: true,
  seed: 7,
  sets: [{ ...SET, readBefore }],
  foreign: [],
  objects: 44,
  bytes: 4400,
  read: 24,
  readBytes: 2400,
  readBefore,
  problems: 0,
  warnings: 0,
});

describe("checkText", () => {
  it("counts what was read now, and beside it what an interrupted check had read", () => {
    const [, , head, row, , rest] = checkText(report(20)).split("\n");
    expect(head).toMatch(/ Read +Before +Outcome$/);
    expect(row).toMatch(/ 24 +20 +sound$/);
    expect(rest).toMatch(/^24 objects .*; 20 more were read before it was stopped, and were sound then;/);
    const alone = checkText(report(0));
    expect(alone).toMatch(/ Read +Outcome$/m);
    expect(alone).toMatch(/ 24 +sound$/m);
    expect(alone).not.toContain("before");
  });
});
