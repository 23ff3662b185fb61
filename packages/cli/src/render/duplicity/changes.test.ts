import type { BytePath } from "@doppel/base";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CHANGES_END, changeRow, changesHead, fileChangedText } from "./changes.ts";

beforeEach(() => {
  vi.stubEnv("TZ", "UTC");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const end = new Date(1_700_000_000_000);
const RULER = "-".repeat(25);

it("tells which backups changed a file", () => {
  const changes = (["full", "inc"] as const).map((kind) => ({
    set: { kind, start: end, end },
    kind: kind === "full" ? ("new" as const) : ("changed" as const),
  }));
  expect(fileChangedText("a\xff" as BytePath, changes)).toBe(
    `${RULER}\nFile: a\xff\nTotal number of backup: 2\n` +
      " Type of backup set:                            Time:  Type of file change:\n" +
      "                Full         Tue Nov 14 22:13:20 2023                   New\n" +
      `         Incremental         Tue Nov 14 22:13:20 2023               Changed\n${RULER}`,
  );
});

it("tells what a backup changed, in columns as wide as the longest name", () => {
  const size = { count: 2, longest: 9 };
  expect(changesHead({ kind: "full", start: end, end }, size)).toBe(
    `${RULER}\n Backup set time: Tue Nov 14 22:13:20 2023\nTotal number of changes: 2\nFile:      Type of file change:`,
  );
  expect(changeRow({ path: "sub/a.txt" as BytePath, kind: "new" }, size)).toBe("sub/a.txt                   new");
  expect(changeRow({ path: "a" as BytePath, kind: "deleted" }, size)).toBe("a                       deleted");
  expect(CHANGES_END).toBe(RULER);
});
