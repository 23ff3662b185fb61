import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { type BytePath, DoppelError, joinPath, pathFromText } from "@doppel/base";
import { describeInterop } from "@doppel/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { OwnerNames } from "../owners.ts";
import { makeScratch, makeTree } from "../test-support.ts";
import { walkTree } from "../walk.ts";
import { compileRules } from "./compile.ts";

/** Short and alike, so that patterns hit several of them in several ways. */
const FILES = [
  "a",
  "ab",
  "b.a",
  "ä",
  "[",
  "sp ace",
  "d/a",
  "d/ab",
  "d/B",
  "d/d/a",
  "d/d/d/b",
  "e/",
  "da/b/a",
  "D/a",
  "\xff/a",
  "ln -> d",
];

const component = fc.constantFrom(
  "a",
  "ab",
  "b",
  "d",
  "d",
  "da",
  "*",
  "**",
  "?",
  "d*",
  "*a",
  "**a",
  "a**",
  "[ab]",
  "[!a]",
  "d?",
  "[[]",
  "ä",
  "D",
  "sp ace",
);
const pattern = fc
  .record({
    ignoreCase: fc.constantFrom("", "", "", "", "ignorecase:"),
    root: fc.constantFrom("src", "src", "src", "src", "s*", "**", "?rc"),
    components: fc.array(component, { minLength: 1, maxLength: 4 }),
    end: fc.constantFrom("", "", "", "/"),
  })
  .map(({ ignoreCase, root, components, end }) => `${ignoreCase}${[root, ...components].join("/")}${end}`);
const rule = fc.record({ sign: fc.constantFrom("include", "exclude"), pattern });
const rules = fc
  .tuple(fc.array(rule, { minLength: 1, maxLength: 4 }), fc.constantFrom("**", "src/d", "src/zzz", "src/*"))
  .map(([list, last]) => [...list, { sign: "exclude", pattern: last }]);

describeInterop(["duplicity", "tar"], "stock duplicity selects the same", () => {
  const scratch = makeScratch();
  const home = process.cwd();
  beforeAll(() => {
    process.chdir(scratch.path);
    makeTree("src" as BytePath, ...FILES);
  });
  afterAll(() => {
    process.chdir(home);
    scratch.remove();
  });

  /** The paths in a real backup, or the exit code. */
  function stock(args: readonly string[], number: number): string[] | number {
    const target = `out${number}`;
    const common = ["--no-encryption", "--archive-dir", `archive${number}`, "--tempdir", scratch.path];
    const env = { PATH: process.env["PATH"], HOME: scratch.path, LC_ALL: "C.UTF-8" };
    const { status } = spawnSync("duplicity", ["full", ...common, ...args, "src", `file://${scratch.path}/${target}`], { env });
    if (status !== 0) return status ?? -1;
    const volume = readdirSync(target).find((name) => name.endsWith(".difftar.gz"));
    const listing = execFileSync(
      "tar",
      ["-tzf", `${target}/${volume}`, "--quoting-style=literal", "--warning=no-unknown-keyword"],
      { encoding: "latin1" },
    );
    return listing
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.replace(/^snapshot\/(\.\/)?/, "").replace(/\/$/, ""));
  }

  const EXIT_CODES: Readonly<Record<string, number>> = {
    "rules.cannot-match": 14,
    "rules.malformed": 15,
    "rules.last-is-include": 16,
  };

  function ours(list: readonly { sign: string; pattern: string }[]): string[] | number {
    const source = pathFromText("src");
    try {
      const options = list.map(({ sign, pattern: value }) => ({ option: sign as "include" | "exclude", value }));
      const compiled = compileRules(options, { source, readFile: () => new Uint8Array(0) });
      const entries = walkTree(source, { rules: compiled, owners: OwnerNames.system(), onProblem: () => undefined });
      return Array.from(entries, (entry) => entry.path);
    } catch (error) {
      if (error instanceof DoppelError) return EXIT_CODES[error.code] ?? -1;
      throw error;
    }
  }

  it("for random rules, as options and as a filelist", () => {
    const differences: unknown[] = [];
    fc.sample(rules, { seed: 2_022, numRuns: Number(process.env["DOPPEL_SELECTION_RUNS"] ?? 12) }).forEach((list, number) => {
      const file = joinPath(scratch.path, `list${number}` as BytePath);
      writeFileSync(file, list.map(({ sign, pattern: text }) => `${sign === "include" ? "+" : "-"} ${text}\n`).join(""));
      const asOptions = list.flatMap(({ sign, pattern: text }) => [`--${sign}`, text]);
      const args = number % 2 === 0 ? asOptions : ["--include-filelist", file];
      const selected = { ours: ours(list), stock: stock(args, number) };
      if (JSON.stringify(selected.ours) !== JSON.stringify(selected.stock)) differences.push({ args, list, ...selected });
    });
    expect(differences).toEqual([]);
  });
});
