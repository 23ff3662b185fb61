import { execFileSync } from "node:child_process";
import { chmodSync, utimesSync } from "node:fs";
import { type BytePath, joinPath, pathToBytes } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainPath } from "./explain.ts";
import { compileRules } from "./rules/compile.ts";
import type { SelectionOption } from "./rules/rules.ts";
import { asNobody, makeScratch, makeTree } from "./test-support.ts";

const scratch = makeScratch();
const source = joinPath(scratch.path, "src" as BytePath);

beforeAll(() => {
  makeTree(
    source,
    "etc/passwd",
    "etc/shadow",
    "var/cache/a",
    "var/www/index",
    "link -> etc",
    "marked/.nobackup",
    "marked/f",
    "bare/",
  );
  execFileSync("mkfifo", [`${source}/pipe`]);
});

afterAll(() => scratch.remove());

/** `S` in a pattern or list stands for the source. */
function explain(path: string, options: readonly SelectionOption[] = [], list = "") {
  const here = (text: string): string => text.replaceAll("S/", `${source}/`);
  const written = options.map((option) => ("value" in option ? { ...option, value: here(option.value) } : option));
  const rules = compileRules(written, { source, readFile: () => Buffer.from(here(list)) });
  const explanation = explainPath(source, path as BytePath, { rules });
  const { rule } = explanation;
  return { ...explanation, ...(rule && { rule: { ...rule, pattern: rule.pattern.replaceAll(source, "S") } }) };
}

describe("explainPath", () => {
  it("stores what no rule is about", () => {
    expect(explain("etc/passwd")).toEqual({ stored: true, reason: "rules", at: "etc/passwd" });
    expect(explain("")).toEqual({ stored: true, reason: "rules", at: "", isEmpty: false });
    expect(explain("bare")).toEqual({ stored: true, reason: "rules", at: "bare", isEmpty: true });
  });

  it("names option, order, list and line of what decides, and the folder whose fate a path shares", () => {
    const options: SelectionOption[] = [
      { option: "exclude", value: "S/etc/shadow" },
      { option: "include-filelist", value: "LIST" },
    ];
    const list = "# mine\nS/etc\n- S/var/cache\nS/var\n- /\n";
    const because = (path: string) => {
      const { stored, at, rule } = explain(path, options, list);
      return [stored, at, rule?.kind, rule?.pattern, rule?.origin, rule?.order];
    };
    expect(because("etc/shadow")).toEqual([false, "etc/shadow", "exclude", "S/etc/shadow", "--exclude", 1]);
    expect(because("etc/passwd")).toEqual([true, "etc/passwd", "include", "S/etc", "LIST:2", 2]);
    expect(because("var/cache/a")).toEqual([false, "var/cache", "exclude", "S/var/cache", "LIST:3", 2]);
    expect(because("var/www/index")).toEqual([true, "var/www/index", "include", "S/var", "LIST:4", 2]);
    expect(because("bare")).toEqual([false, "bare", "exclude", "/", "LIST:5", 2]);
  });

  it("knows folders that are only looked into", () => {
    const only = (value: string): SelectionOption[] => [
      { option: "include", value },
      { option: "exclude", value: "**" },
    ];
    const partial = { stored: true, at: "etc", rule: { pattern: "S/etc/pass*" }, isPartial: true };
    expect(explain("etc", only("S/etc/pass*"))).toMatchObject(partial);
    expect(explain("etc", only("S/etc"))).not.toHaveProperty("isPartial");
    const nothing = { stored: false, reason: "nothing-below", at: "etc", rule: { pattern: "S/etc/nothing", order: 1 } };
    expect(explain("etc", only("S/etc/nothing"))).toMatchObject(nothing);
  });

  it("knows what is decided elsewhere", () => {
    expect(explain("marked/f", [{ option: "exclude-if-present", value: ".nobackup" }])).toEqual({
      stored: false,
      reason: "marker",
      at: "marked",
      marker: ".nobackup",
    });
    expect(explain("link/passwd")).toEqual({ stored: false, reason: "below-link", at: "link" });
    expect(explain("etc/passwd/x")).toEqual({ stored: false, reason: "not-a-folder", at: "etc/passwd" });
    expect(explain("etc/shadow", [{ option: "files-from", value: "LIST" }], "etc/passwd\n")).toEqual({
      stored: false,
      reason: "not-listed",
      at: "etc/shadow",
    });
    utimesSync(`${source}/var/cache/a`, 1000, 1000);
    const old: SelectionOption = { option: "exclude-older-than", before: new Date("2020-01-01") };
    expect(explain("var/cache/a", [old])).toMatchObject({ stored: false, rule: { origin: "--exclude-older-than", order: 1 } });
    expect(explain("pipe")).toMatchObject({ stored: true });
  });

  it("tells of what is not there what the rules would do with it", () => {
    const options: SelectionOption[] = [{ option: "exclude", value: "S/gone/**" }];
    const gone = { stored: false, reason: "problem", at: "gone", problem: { reason: "vanished" } };
    expect(explain("gone", options)).toMatchObject({ ...gone, byRules: "include" });
    expect(explain("gone/gone/x", options)).toMatchObject({ ...gone, byRules: "exclude", rule: { pattern: "S/gone/**" } });
    const old: SelectionOption = { option: "exclude-older-than", before: new Date("2020-01-01") };
    expect(explain("gone", [old])).toMatchObject({ byRules: "include" });
    const only: SelectionOption[] = [
      { option: "include", value: "S/gone/" },
      { option: "include", value: "S/etc/passwd/x" },
      { option: "exclude", value: "**" },
    ];
    expect(explain("gone/x", only)).toMatchObject({ ...gone, byRules: "include" });
    expect(explain("gone", only)).toMatchObject({ ...gone, byRules: "exclude" });
    expect(explain("etc/passwd", only)).toMatchObject({ stored: false, reason: "nothing-below", at: "etc/passwd" });
  });

  it("sees what cannot be read", () => {
    makeTree(source, "closed/inside", "secret");
    chmodSync(pathToBytes(scratch.path), 0o755);
    for (const name of ["closed", "secret"]) chmodSync(`${source}/${name}`, 0);
    const problem = { stored: false, reason: "problem", problem: { reason: "unreadable" } };
    asNobody(() => {
      expect(explain("secret")).toMatchObject({ ...problem, at: "secret" });
      expect(explain("closed/inside")).toMatchObject({ ...problem, at: "closed" });
    });
  });

  it("does not stumble over a source that is a file", () => {
    const file = joinPath(source, "etc/passwd" as BytePath);
    const rules = compileRules([], { source: file, readFile: () => Buffer.alloc(0) });
    expect(explainPath(file, "" as BytePath, { rules })).toEqual({ stored: true, reason: "rules", at: "" });
    expect(explainPath(file, "x" as BytePath, { rules })).toEqual({ stored: false, reason: "not-a-folder", at: "" });
  });
});
