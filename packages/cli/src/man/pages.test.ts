import { describe, expect, it } from "vitest";
import { COMMANDS } from "../commands.ts";
import { optionsByGroup } from "../option-entries.ts";
import { STOCK_COMMANDS } from "../parse/duplicity.ts";
import { doppelPage } from "./doppel.ts";
import { duplicityPage } from "./duplicity.ts";
import { plain } from "./roff.ts";

const PAGES = [
  ["doppel", doppelPage("1.2.3"), Object.keys(COMMANDS)],
  ["duplicity", duplicityPage("1.2.3"), Object.keys(STOCK_COMMANDS)],
] as const;

describe.each(PAGES)("%s(1)", (name, page, commands) => {
  it("has all commands and options", () => {
    for (const command of commands) expect(page).toContain(`.B ${plain(command)} `);
    for (const entries of optionsByGroup(name).values())
      for (const { usage } of entries) expect(page).toContain(`.B ${plain(usage)}\n`);
  });

  it("has requests that there are, and no line that is taken for one", () => {
    const requests = page.split("\n").filter((line) => /^[.']/.test(line));
    for (const request of requests) expect(request).toMatch(/^\.(?:TH|SH|SS|PP|TP|IP|B|RS|RE|nf|fi|\\")(?: |$)/);
    expect(page).not.toMatch(/\n\n/);
  });

  it("names its version", () => expect(page).toContain('"doppel 1.2.3"'));
});

it("plain text stays what it is", () => {
  expect(plain(".a 'b' -c \\d")).toBe("\\&.a \\(aqb\\(aq \\-c \\ed");
  expect(plain("'a\n.b")).toBe("\\&\\(aqa\n\\&.b");
});
