import { describe, expect, it } from "vitest";
import { duplicityHelp } from "./help-duplicity.ts";
import type { Option } from "./option.ts";
import { OPTIONS, RULES } from "./options.ts";
import { STOCK_COMMANDS } from "./parse/duplicity.ts";

describe("duplicity --help", () => {
  const text = duplicityHelp(100);

  it("names every command", () => {
    for (const name of Object.keys(STOCK_COMMANDS)) expect(text).toMatch(new RegExp(`^  ${name} [A-Z]`, "m"));
  });

  it("names every option that is not hidden, and none of commands that duplicity has not", () => {
    for (const name of Object.keys(RULES)) expect(text).toMatch(new RegExp(`--${name}\\b`));
    for (const [name, row] of Object.entries<Option>(OPTIONS)) {
      const shown = new RegExp(`--${name}(?![a-z-])`).test(text);
      if (row.hidden && !row.ignored) expect(shown, name).toBe(false);
      if (row.commands.includes("backup")) expect(shown, name).toBe(!row.hidden || row.ignored === true);
    }
    expect(text).not.toContain("--keep-daily");
  });

  it.each([60, 80, 100])("fits %i columns but for what cannot be broken", (columns) => {
    const long = duplicityHelp(columns)
      .split("\n")
      .filter((line) => line.length > columns);
    expect(long).toEqual([]);
  });
});
