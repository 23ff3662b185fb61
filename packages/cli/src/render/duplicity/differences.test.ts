import type { BytePath, TreeDifference } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { differenceLine, verifySummary } from "./differences.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const CASES: readonly (readonly [TreeDifference, string])[] = [
  [{ kind: "new" }, "New file p\xff"],
  [{ kind: "missing" }, "File p\xff is missing"],
  [{ kind: "type", actual: "dir", expected: "file" }, "File p\xff has type dir, expected reg"],
  [
    { kind: "permissions", actual: { uid: 0, gid: 1, mode: 0o4755 }, expected: { uid: 2, gid: 3, mode: 0o644 } },
    "File p\xff has permissions 0:1 4755, expected 2:3 644",
  ],
  [
    { kind: "mtime", actual: 1_700_000_000, expected: 0 },
    "File p\xff has mtime Tue Nov 14 22:13:20 2023, expected Thu Jan  1 00:00:00 1970",
  ],
  [{ kind: "link", actual: "x" as BytePath, expected: "y" as BytePath }, "Symlink p\xff points to x, expected y"],
  [{ kind: "device", actual: { major: 1, minor: 3 } }, "Device file p\xff has numbers (1, 3), expected none"],
  [{ kind: "data" }, "Data for file p\xff is different"],
];

describe("a difference", () => {
  it.each(CASES)("%j", (difference, sentence) => {
    const line = differenceLine({ type: "difference", path: "p\xff" as BytePath, difference });
    expect(line).toBe(`Difference found: ${sentence}`);
  });

  it("of the root", () => {
    const line = differenceLine({ type: "difference", path: "" as BytePath, difference: { kind: "missing" } });
    expect(line).toBe("Difference found: File . is missing");
  });
});

it("sums up in the words of either generation", () => {
  expect(verifySummary(1, 1, "duplicity-0.8")).toBe("Verify complete: 1 file compared, 1 difference found.");
  expect(verifySummary(2, 0, "duplicity-0.8")).toBe("Verify complete: 2 files compared, 0 differences found.");
  expect(verifySummary(2, 0, "duplicity-3")).toBe("Verify complete: 2 file(s) compared, 0 difference(s) found.");
});
