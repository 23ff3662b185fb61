import { utimesSync } from "node:fs";
import { type BytePath, type EntryType, joinPath, pathToBytes } from "@doppel/base";
import fc from "fast-check";
import { expect, it } from "vitest";
import { explainPath } from "./explain.ts";
import { OwnerNames } from "./owners.ts";
import { compileRules, type RulesContext } from "./rules/compile.ts";
import type { SelectionOption } from "./rules/rules.ts";
import { makeScratch, makeTree } from "./test-support.ts";
import { walkTree } from "./walk.ts";

const name = fc.constantFrom("a", "b", "ab", "x.txt", "[y]", "mark");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const tree = fc.uniqueArray(path, { minLength: 1, maxLength: 12 });
const piece = fc.oneof(name, fc.constantFrom("*", "**", "?", "[ab]*", "**b", "*.txt"));
const pattern = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.constantFrom("", "", "/"))
  .map(([pieces, end]) => `src/${pieces.join("/")}${end}`);
const option: fc.Arbitrary<SelectionOption> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ option: fc.constantFrom("include" as const, "exclude" as const), value: pattern }) },
  fc.record({ option: fc.constantFrom("include-filelist" as const, "exclude-filelist" as const), value: fc.constant("list") }),
  fc.record({
    option: fc.constantFrom("include-regexp" as const, "exclude-regexp" as const),
    value: fc.constantFrom("a$", "/b", "x"),
  }),
  fc.constantFrom<SelectionOption>(
    { option: "exclude-if-present", value: "mark" },
    { option: "exclude-older-than", before: new Date("2001-01-01") },
    { option: "exclude-other-filesystems" },
    { option: "files-from", value: "paths" },
  ),
);
/** Symbolic links, to what is there and to what is not; none to a folder that it lies in. */
const links = fc.uniqueArray(fc.tuple(fc.constantFrom("", "a/", "b/", "ab/a/"), fc.constantFrom("a", "b", "x.txt", "none")), {
  maxLength: 3,
  selector: ([folder]) => folder,
});
const last = fc.constantFrom<SelectionOption>({ option: "exclude", value: "**" }, { option: "exclude", value: "src/none" });

/** All paths that lead to these, and some below and beside them. */
function asked(paths: readonly string[]): readonly BytePath[] {
  const all = paths.flatMap((each) => each.split("/").map((_, i, names) => names.slice(0, i + 1).join("/")));
  return [...new Set([...all, ...all.map((each) => `${each}/below`), "nothing"])] as BytePath[];
}

it("says of every path what a walk does with it, and as judge", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      tree,
      fc.array(option, { maxLength: 5 }),
      last,
      fc.array(pattern, { maxLength: 4 }),
      links,
      fc.boolean(),
      (paths, some, end, lines, someLinks, copyLinks) => {
        const scratch = makeScratch();
        const home = process.cwd();
        process.chdir(scratch.path);
        try {
          const source = "src" as BytePath;
          // A path that others lie below is a folder.
          makeTree(source, ...paths.map((each) => (paths.some((other) => other.startsWith(`${each}/`)) ? `${each}/` : each)));
          for (const [folder, to] of someLinks) {
            if (folder === "" || paths.some((each) => each.startsWith(folder))) makeTree(source, `${folder}link -> ${to}`);
          }
          paths.forEach((each, i) => i % 3 === 0 && utimesSync(pathToBytes(joinPath(source, each as BytePath)), 1000, 1000));
          const listed = [...paths.slice(0, 3), "gone"].map((each) => `${each}\n`).join("");
          const readFile: RulesContext["readFile"] = (file) =>
            Buffer.from(file === "paths" ? listed : lines.map((line) => `${line}\n`).join(""));
          const compile = () => compileRules([...some, end], { source, readFile, cannotMatch: "skip" });
          const walked = walkTree(source, {
            rules: compile(),
            owners: OwnerNames.system(),
            onProblem: () => undefined,
            copyLinks,
          });
          const stored = new Set(Array.from(walked, (entry) => entry.path));
          const rules = compile();
          for (const each of asked([...paths, ...someLinks.map(([folder]) => `${folder}link/b`)])) {
            const explanation = explainPath(source, each, { rules, copyLinks });
            expect(explanation.stored, `${each} ${JSON.stringify(explanation)}`).toBe(stored.has(each));
            if (explanation.stored && explanation.isEmpty !== undefined) {
              const holds = [...stored].some((other) => other.startsWith(`${each}/`));
              expect(explanation.isEmpty, each).toBe(!holds);
            }
            const subject = { dev: 1, rootDev: 1, mtime: 2e9 };
            for (const type of ["file", "dir"] satisfies EntryType[]) {
              const full = joinPath(source, each);
              const { verdict, rule } = rules.explain(full, type, subject);
              expect(verdict).toBe(rules.judge(full, type, subject));
              expect(rule?.kind ?? "include").toBe(verdict === "exclude" ? "exclude" : "include");
            }
          }
        } finally {
          process.chdir(home);
          scratch.remove();
        }
      },
    ),
    { numRuns: 80 },
  );
});
