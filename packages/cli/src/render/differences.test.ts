import { pathFromText, type TreeDifference } from "@doppel/base";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { differenceText } from "./differences.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "Europe/Berlin");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

it.each<[TreeDifference, string]>([
  [{ kind: "new" }, "New file d/a"],
  [{ kind: "missing" }, "File d/a is missing"],
  [{ kind: "type", actual: "dir", expected: "symlink" }, "File d/a has type directory, expected symbolic link"],
  [
    { kind: "permissions", actual: { uid: 0, gid: 5, mode: 0o644 }, expected: { uid: 1000, gid: 5, mode: 0o4755 } },
    "File d/a has permissions 0:5 644, expected 1000:5 4755",
  ],
  [
    { kind: "mtime", actual: 1_700_000_000, expected: 1_690_000_000 },
    "File d/a has mtime 2023-11-14 23:13:20 +01:00, expected 2023-07-22 06:26:40 +02:00",
  ],
  [{ kind: "link", actual: pathFromText("x\n"), expected: pathFromText("/y") }, "Symlink d/a points to x\\x0a, expected /y"],
  [{ kind: "device", actual: { major: 1, minor: 3 } }, "Device file d/a has numbers 1, 3, expected none"],
  [{ kind: "data" }, "Data for file d/a is different"],
])("%j", (difference, text) => {
  expect(differenceText({ type: "difference", path: pathFromText("d/a"), difference })).toBe(`Difference found: ${text}`);
});
