import { chmodSync, mkdirSync } from "node:fs";
import { type BytePath, joinPath, pathToBytes } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { probeIncludes } from "./probe-includes.ts";
import { compileRules } from "./rules/compile.ts";
import type { SelectionOption } from "./rules/rules.ts";
import { asNobody, makeScratch, makeTree } from "./test-support.ts";

const scratch = makeScratch();
const source = joinPath(scratch.path, "src" as BytePath);

beforeAll(() => {
  makeTree(
    source,
    "etc/passwd",
    "etc/a.conf",
    "var/www/",
    "var/cache/a",
    "caf\xe9/f",
    "many/1",
    "many/2",
    "many/3",
    "link -> etc",
  );
});

afterAll(() => scratch.remove());

function probe(options: readonly SelectionOption[], limit = 1000) {
  const written = options.map((each) => ("value" in each ? { ...each, value: each.value.replaceAll("S", source) } : each));
  const rules = compileRules(written, { source, readFile: () => Buffer.alloc(0) });
  return probeIncludes(source, { rules, limit });
}

/** What each of these includes leads to, with everything else excluded. */
function results(patterns: readonly string[], limit?: number) {
  const includes = patterns.map((value): SelectionOption => ({ option: "include", value }));
  return probe([...includes, { option: "exclude", value: "**" }], limit).map(({ result, at, explanation }) =>
    result === "refused" ? [explanation!.problem?.reason ?? explanation!.reason, at] : [result, at],
  );
}

describe("probeIncludes", () => {
  it("tells what leads to something from what is empty, or not there", () => {
    expect(results(["S/etc", "S/var/www", "S/gone", "S/gone/*", "S/etc/passwd", "S/caf\udce9"])).toEqual([
      ["matches", "etc"],
      ["empty", "var/www"],
      ["vanished", "gone"],
      ["vanished", "gone"],
      ["matches", "etc/passwd"],
      ["matches", "caf\xe9"],
    ]);
  });

  it("looks for what matches a pattern, behind rules that decide first, too", () => {
    expect(results(["S/etc/*.conf", "S/etc/*.d", "S/var/**", "**/passwd", "S/etc", "S/etc/pass*"])).toEqual([
      ["matches", "etc"],
      ["nothing", "etc"],
      ["matches", "var"],
      ["matches", ""],
      ["matches", "etc"],
      ["matches", "etc"],
    ]);
    expect(results(["S/many/x*"], 2)).toEqual([["gave-up", "many"]]);
    expect(
      probe([
        { option: "include-regexp", value: "cache/" },
        { option: "exclude", value: "S/many" },
      ]),
    ).toMatchObject([{ rule: { pattern: "cache/" }, result: "matches", at: "" }]);
  });

  it("knows what another rule takes away, and links", () => {
    const options: SelectionOption[] = [
      { option: "exclude", value: "S/var" },
      { option: "include", value: "S/var/cache" },
      { option: "include", value: "S/link/passwd" },
      { option: "exclude", value: "**" },
    ];
    expect(probe(options)).toMatchObject([
      { at: "var/cache", result: "refused", explanation: { reason: "rules", at: "var", rule: { order: 1 } } },
      { at: "link/passwd", result: "refused" },
    ]);
  });

  it("looks at the source as a whole where nothing is included", () => {
    expect(probe([])).toEqual([{ at: "", result: "matches" }]);
    expect(probe([{ option: "exclude", value: "**" }])).toEqual([{ at: "", result: "empty" }]);
  });

  it("sees what cannot be read", () => {
    mkdirSync(pathToBytes(joinPath(source, "closed" as BytePath)), 0o700);
    chmodSync(pathToBytes(scratch.path), 0o755);
    asNobody(() => expect(results(["S/closed"])).toEqual([["unreadable", "closed"]]));
  });
});
