import { expect, it } from "vitest";
import { changedLines, plannedText } from "./server-page.ts";

it("a difference shows what goes, what comes and what stays", () => {
  expect(changedLines(["a", "b", "c"], ["a", "x", "c", "d"])).toEqual([" a", "-b", "+x", " c", "+d"]);
  expect(changedLines([], ["a"])).toEqual(["+a"]);
  expect(changedLines(["a"], [])).toEqual(["-a"]);
  expect(changedLines(["a"], ["a"])).toEqual([" a"]);
});

it("what is secret is never shown, whether it is new or different", () => {
  const file = { path: "/etc/doppel/web1.credentials", mode: 0o600, text: "AWS_SECRET_ACCESS_KEY=new", secret: true } as const;
  for (const state of ["new", "different"] as const) {
    const shown = plannedText([{ file, place: file.path, state, before: "AWS_SECRET_ACCESS_KEY=old" }]);
    expect(shown).toContain("/etc/doppel/web1.credentials (mode 600");
    expect(shown).not.toContain("AWS_SECRET");
  }
});
