import { spawnSync } from "node:child_process";
import { describeInterop } from "@doppel/testkit";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileRegexp } from "../regexp.ts";

const piece = fc.constantFrom(
  ..."aabB/.-1_ é\n",
  ...["\\.", "\\d", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B", "\\A", "\\Z", "^", "$", ".", "[ab]", "[^a/]", "[\\d-]", "[^\\w]"],
  ...["[]a]", "[a-", "\\x61", "\\n", "{", "}", "a{2}", "{,1}", "(?=a)", "(?!a)", "(?<=a)", "(?<!b)", "(?P<q>a)(?P=q)", "(?#c)a"],
);
const suffix = fc.constantFrom("", "", "", "", "*", "+", "?", "*?", "+?", "{0,2}", "{2}", "{1,}");
const wrap = fc.constantFrom("", "", "", "(", "(?:", "(?i:", "(?P<n>");
const regexp: fc.Arbitrary<string> = fc.letrec<{ all: string; term: string }>((tie) => ({
  term: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(piece, suffix).map(([a, b]) => a + b),
    fc.tuple(wrap, tie("all"), suffix).map(([open, inside, end]) => (open === "" ? inside : `${open}${inside})${end}`)),
  ),
  all: fc
    .array(fc.tuple(tie("term"), fc.constantFrom("", "", "", "|")), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map(([a, b]) => a + b).join("")),
})).all;
const flagged = fc.tuple(fc.constantFrom("", "", "(?i)", "(?m)", "(?s)", "(?a)", "(?x)"), regexp).map((parts) => parts.join(""));
const text = fc.array(fc.constantFrom(..."aaabB/.-1_ éÉ\n"), { maxLength: 6 }).map((chars) => chars.join(""));

const PROGRAM = `
import json, re, sys, warnings
warnings.simplefilter("ignore")
def answer(case):
    try: r = re.compile(case["regexp"])
    except (re.error, RecursionError, OverflowError): return None
    return [r.search(t) is not None for t in case["texts"]]
json.dump([answer(c) for c in json.load(sys.stdin)], sys.stdout)
`;

describeInterop(["python3"], "Python finds the same", () => {
  it("for random expressions and texts", () => {
    const cases = fc.sample(fc.record({ regexp: flagged, texts: fc.array(text, { minLength: 6, maxLength: 6 }) }), {
      seed: Number(process.env["DOPPEL_SEED"] ?? 5),
      numRuns: Number(process.env["DOPPEL_REGEXP_RUNS"] ?? 2000),
    });
    const { stdout, stderr } = spawnSync("python3", ["-c", PROGRAM], {
      input: JSON.stringify(cases),
      maxBuffer: 2 ** 28,
      timeout: 60_000,
    });
    expect(stderr.toString()).toBe("");
    const theirs = JSON.parse(stdout.toString()) as (boolean[] | null)[];
    const differences: unknown[] = [];
    let compared = 0;
    cases.forEach(({ regexp: pattern, texts }, i) => {
      const mine = ours(pattern, texts);
      if (mine === "not supported") return;
      if (theirs[i] != null) compared++;
      if (JSON.stringify(mine) !== JSON.stringify(theirs[i])) differences.push({ pattern, texts, ours: mine, python: theirs[i] });
    });
    expect(differences.slice(0, 10)).toEqual([]);
    expect(compared).toBeGreaterThan(cases.length / 3);
  });
});

function ours(pattern: string, texts: readonly string[]): boolean[] | null | "not supported" {
  try {
    const compiled = compileRegexp(pattern);
    return texts.map((each) => compiled.test(each));
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return /not supported|do not go together/.test((error as Error).message) ? "not supported" : null;
  }
}
