import { utimesSync } from "node:fs";
import { type BytePath, isDoppelError, pathFromText } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OwnerNames } from "../owners.ts";
import { makeScratch, makeTree } from "../test-support.ts";
import { normaliseSource } from "../source.ts";
import { walkTree } from "../walk.ts";
import { compileRules } from "./compile.ts";
import type { SelectionOption } from "./rules.ts";

// The tables of the command-line spec 6.6, row by row; every row was run with stock duplicity.

const SRC = [
  ".hidden/.h", "A.TXT", "a.py", "b.txt", "[br]/f", "st*r", "x]y", "x-y", "back\\slash",
  "d1/x.py", "d1/y.txt", "d1/sub/z.py", "d1/deep/deeper/k.txt",
  "d2/q.txt", "d3/.nobackup", "d3/f", "sp ace /f", "empty/", "lnk -> d1",
]; // biome-ignore format: a list of names
const M = ["file", "emp/", "dir/k", "lnk -> dir"];

const scratch = makeScratch();
const home = process.cwd();
let all: string[] = [];

beforeAll(() => {
  process.chdir(scratch.path);
  makeTree("src" as BytePath, ...SRC);
  makeTree("m" as BytePath, ...M);
  utimesSync("src/b.txt", 1000, 1000);
  all = select("src");
});

afterAll(() => {
  process.chdir(home);
  scratch.remove();
});

/** Options as on the command line: `-e`, `-i` for exclude and include, others by their long name. */
function parse(args: readonly string[]): SelectionOption[] {
  const options: SelectionOption[] = [];
  for (let i = 0; i < args.length; i++) {
    const option = args[i] === "-e" ? "exclude" : args[i] === "-i" ? "include" : args[i]!.slice(2);
    if (option === "exclude-other-filesystems" || option === "exclude-device-files") options.push({ option });
    else if (option === "exclude-older-than") options.push({ option, before: new Date(args[++i]!) });
    else options.push({ option, value: args[++i]! } as SelectionOption);
  }
  return options;
}

let filelist = "";

function select(source: string, args: readonly string[] = [], copyLinks = false): string[] {
  const normal = normaliseSource(pathFromText(source));
  const rules = compileRules(parse(args), { source: normal, readFile: () => Buffer.from(filelist) });
  const problems: string[] = [];
  const owners = OwnerNames.system();
  const entries = walkTree(normal, { rules, owners, copyLinks, onProblem: (p) => problems.push(`${p.path}: ${p.detail}`) });
  return Array.from(entries, (entry) => entry.path).slice(1);
}

/** Everything but these and what is below them. */
function but(...gone: string[]): string[] {
  for (const path of gone) expect(all).toContain(path);
  return all.filter((path) => !gone.some((g) => path === g || path.startsWith(`${g}/`)));
}

/** Everything below these, themselves included. */
function of(...roots: string[]): string[] {
  return all.filter((path) => roots.some((root) => path === root || path.startsWith(`${root}/`)));
}

const D2 = ["d2", "d2/q.txt"];
const K = ["d1", "d1/deep", "d1/deep/deeper", "d1/deep/deeper/k.txt"];
const PY = ["a.py", "d1", "d1/sub", "d1/sub/z.py", "d1/x.py"];
const Z = ["d1", "d1/sub", "d1/sub/z.py"];
const REST = ["-e", "**"];

type Expected = string[] | (() => string[]) | number;
/** Number of the row, source, alternatives that give the same, expectation: paths, or the exit code. */
type Row = readonly [string, string, readonly (readonly string[])[], Expected];

const excludes = (...patterns: string[]) => patterns.map((pattern) => ["-e", pattern]);
const includes = (...patterns: string[]) => patterns.map((pattern) => ["-i", pattern, ...REST]);

const ROWS: readonly Row[] = [
  ["A1", "src", excludes("**"), []],
  ["A2", "src", excludes("src", "src/", "src/*", "src/**", "*", "***"), []],
  ["A3", "src", excludes("src/d1", "src/d1/"), () => but("d1")],
  ["A4", "src", excludes("src/a.py/"), () => all],
  ["A5", "src", excludes("src/d1/*", "src/d1/***"), () => but("d1/x.py", "d1/y.txt", "d1/sub", "d1/deep")],
  ["A6", "src", excludes("**/sub", "**sub", "src/d1/s**"), () => but("d1/sub")],
  ["A7", "src", excludes("**/*.txt", "**.txt"), () => but("b.txt", "d1/y.txt", "d1/deep/deeper/k.txt", "d2/q.txt")],
  ["A8", "src", excludes("ignorecase:**.txt"), () => but("A.TXT", "b.txt", "d1/y.txt", "d1/deep/deeper/k.txt", "d2/q.txt")],
  ["A9", "src", excludes("src/[a-b].*", "src/[ab].*"), () => but("a.py", "b.txt")],
  ["A10", "src", excludes("src/[!a].*", "src/[^a].*"), () => but("A.TXT", "b.txt")],
  ["A11", "src", excludes("src/[br]"), () => all],
  ["A12", "src", excludes("src/[[]br]"), () => but("[br]")],
  ["A13", "src", excludes("src/[br"), () => all],
  ["A14a", "src", excludes("src/x[]]y"), () => but("x]y")],
  ["A14b", "src", excludes("src/x[-]y"), () => but("x-y")],
  ["A15", "src", excludes("src/back\\slash"), () => but("back\\slash")],
  ["A16", "src", excludes("src/d?/"), () => but("d1", "d2", "d3")],
  ["A17a", "src", excludes("src/sp ace "), () => but("sp ace ")],
  ["A17b", "src", excludes("src/sp ace"), () => all],
  ["A18a", "src", excludes("**/.*"), () => but(".hidden", "d3/.nobackup")],
  ["A18b", "src", excludes("src/.*"), () => but(".hidden")],
  ["A19", "src", excludes("s*/d1"), () => but("d1")],
  ["B1", "src", includes("src/d1/sub"), Z],
  ["B2", "src", includes("src/**.py", "**.py"), PY],
  ["B3", "src", includes("src/**/*.py"), PY.slice(1)],
  ["B4", "src", includes("src/*.py"), ["a.py"]],
  ["B5", "src", includes("src/d1/*/"), () => ["d1", ...of("d1/deep", "d1/sub")]],
  ["B6", "src", includes("src/a.py/"), []],
  ["B7a", "src", includes("src/lnk"), ["lnk"]],
  ["B7b", "src", includes("src/lnk/", "src/lnk/x.py"), []],
  ["B9", "src", includes("src/*/*/*/k.txt", "**/k.txt", "**deep**txt"), K],
  ["B10", "src", includes("src/**deeper"), K],
  ["B11", "src", [["-i", "src/d1", "-i", "src/d2", "-e", "src/*"]], () => of("d1", "d2")],
  ["C1", "src", [["-i", "src/d1/x.py", "-e", "src/d1"]], () => [...but("d1"), "d1", "d1/x.py"].sort(byPath)],
  ["C2", "src", [["-e", "src/d1", "-i", "src/d1/x.py", "-e", "src/zzz"]], () => but("d1")],
  ["C3", "src", [["-e", "src/d1", "-i", "src/d1/x.py"]], 16],
  ["C4", "src", [["-i", "src/d1"]], 16],
  ["C5", "src", [["-i", "src/d1/nonexist", "-e", "src/d1"]], () => but("d1")],
  ["C6", "src", [["-e", "src/d1/x.py", "-i", "src/d1", ...REST]], () => of("d1").filter((path) => path !== "d1/x.py")],
  ["C7", "src", [["-i", "src/d1", "-e", "src/d1/x.py", ...REST]], () => of("d1")],
  ["C8", "src", [["-i", "src/d1/sub/z.py", "-e", "src/d1/sub", "-i", "src/d1", ...REST]], () => of("d1")],
  ["C9", "src", [[...REST, "-i", "src/d1", ...REST]], []],
  ["D1", "src", excludes("d1", "/d1", "./src/d1", "/abs/src/d1", "srcx/**", "/"), 14],
  ["D2", "src", excludes("src//d1", "//src"), 15],
  ["D3", "./src", includes("src/d2"), D2],
  ["D3", ".//src//.", includes("src/d2"), D2],
  ["D6", "src/d1/..", includes("src/d1/../d2"), D2],
  ["E1a", "src", [["--exclude-if-present", ".nobackup"]], () => but("d3")],
  ["E1b", "src", [["-i", "src/d3", ...REST, "--exclude-if-present", ".nobackup"]], []],
  ["E1c", "src", [["-i", "src/d3/f", "-e", "src/d3", "--exclude-if-present", ".nobackup"]], () => but("d3")],
  ["E2", "src", [["--exclude-if-present", "a.py"]], () => all],
  ["E3", "src", [["--include-regexp", "\\.py$", ...REST]], ["a.py"]],
  ["E4", "src", [["--exclude-regexp", "\\.py$"]], () => but("a.py", "d1/x.py", "d1/sub/z.py")],
  ["E5", "src", [["--include-regexp", "d1|src/d2/q.txt", "-i", "src/d2/q.txt", ...REST]], () => of("d1", "d2")],
  ["E6a", "src", [["--exclude-older-than", "2001-01-01", "-i", "src/b.txt", ...REST]], []],
  ["E6b", "src", [["-i", "src/b.txt", "--exclude-older-than", "2001-01-01", ...REST]], ["b.txt"]],
  ["X1", "m", [["-i", "m/file/x", "-e", "m/zzz"]], ["dir", "dir/k", "emp", "lnk"]],
  ["X2", "m", [["-i", "m/emp/x", "-e", "m/zzz"]], ["dir", "dir/k", "file", "lnk"]],
  ["X3", "m", [["-i", "m/lnk/k", "-e", "m/zzz"]], ["dir", "dir/k", "emp", "file"]],
  ["X4", "m", ["m/**/k", "**/k", "m/*/k"].map((p) => ["-i", p, "-e", "m/zzz"]), ["dir", "dir/k"]],
  ["X5", "m", [["-i", "m/dir/k", "-e", "m/dir", "-e", "m"]], ["dir", "dir/k"]],
  ["X6", "m", includes("m/**"), ["dir", "dir/k", "emp", "file", "lnk"]],
  // Found beside the table: where it must be a directory and is not, the pattern says nothing.
  ["Y1", "m", includes("m/**/"), ["dir", "emp"]],
  ["Y2", "m", [["-i", "m/file/", "-e", "m/zzz"]], ["dir", "dir/k", "emp", "file", "lnk"]],
  ["Y3", "m", [["-i", "m/f**/", "-e", "m/zzz"]], ["dir", "dir/k", "emp", "file", "lnk"]],
];

function byPath(a: string, b: string): number {
  return a < b ? -1 : 1; // enough where no name of the fixture is a prefix of its neighbour
}

const CODES = { 14: "rules.cannot-match", 15: "rules.malformed", 16: "rules.last-is-include" } as const;

function check(expected: Expected, run: () => string[]): void {
  if (typeof expected !== "number") return expect(run()).toEqual(typeof expected === "function" ? expected() : expected);
  try {
    run();
  } catch (error) {
    expect(isDoppelError(error, CODES[expected as keyof typeof CODES])).toBe(true);
    return;
  }
  expect.unreachable();
}

describe("verified examples of the specification", () => {
  for (const [row, source, alternatives, expected] of ROWS) {
    for (const args of alternatives) it(`${row}: ${source} ${args.join(" ")}`, () => check(expected, () => select(source, args)));
  }

  it("B8: links followed", () => {
    expect(select("src", ["-i", "src/lnk/x.py", ...REST], true)).toEqual(["lnk", "lnk/x.py"]);
  });

  it("D4, D5: the source .", () => {
    process.chdir("src");
    try {
      expect(select(".", ["-i", "./d2", ...REST])).toEqual(D2);
      expect(select("./", ["-i", "**d2", ...REST])).toEqual(D2);
      check(14, () => select(".", ["-i", "d2", ...REST]));
    } finally {
      process.chdir("..");
    }
  });

  it("D6: the source ..", () => {
    process.chdir("src/d1");
    try {
      expect(select("..", ["-i", "../d2", ...REST])).toEqual(D2);
    } finally {
      process.chdir("../..");
    }
  });

  it("D7, D8: an absolute source", () => {
    const absolute = `${scratch.path}/src`;
    const oneStar = absolute.replace(/[^/]+\/src$/, "*/src");
    expect(select(absolute, ["-i", `${oneStar}/d2`, ...REST])).toEqual(D2);
    expect(select(absolute, ["-i", "/**/d2", ...REST])).toEqual(D2);
    expect(select(absolute, ["-e", scratch.path])).toEqual([]);
    expect(select(absolute, ["-e", "/"])).toEqual([]);
  });

  it("D9, E7: the source /", () => {
    expect(select("/", ["-i", "/etc/passwd", ...REST])).toEqual(["etc", "etc/passwd"]);
    check(14, () => select("/", ["-i", "etc/passwd", ...REST]));
    const both = ["-i", "/proc/version", "-i", "/etc/passwd"];
    expect(select("/", [...both, "--exclude-other-filesystems", ...REST])).toEqual(["etc", "etc/passwd", "proc", "proc/version"]);
    expect(select("/", ["--exclude-other-filesystems", ...both, ...REST])).toEqual(["etc", "etc/passwd"]);
  });

  it("D10: a file as source", () => {
    expect(select("src/a.py")).toEqual([]);
    expect(select("src/a.py", REST)).toEqual([]);
  });
});

describe("filelists of the specification", () => {
  const rows: readonly (readonly [string, readonly string[], Expected])[] = [
    ["src/d1\n- **", ["--include-filelist", "F"], () => of("d1")],
    ["src/d1", ["--include-filelist", "F"], 16],
    ["src/d1", ["--include-filelist", "F", ...REST], () => of("d1")],
    ["+ src/d1/x.py\nsrc/d1", ["--exclude-filelist", "F"], () => [...but("d1"), "d1", "d1/x.py"].sort(byPath)],
    ["+ **.py\n- **", ["--exclude-filelist", "F"], PY],
    ['"src/sp ace "\n- **', ["--include-filelist", "F"], () => of("sp ace ")],
    ["+ 'src/sp ace '\n- **", ["--include-filelist", "F"], () => of("sp ace ")],
    ["src/sp ace \n- **", ["--include-filelist", "F"], []],
    ["ignorecase:src/D1\n- **", ["--include-filelist", "F"], () => of("d1")],
    ["src/d1\r\n- **\r\n", ["--include-filelist", "F"], () => of("d1")],
    ["\ufeffsrc/d1\n- **\n", ["--include-filelist", "F"], () => of("d1")],
    ["+ src/d1 # x\n- **", ["--include-filelist", "F"], []],
    [" -src/d3\n- **", ["--include-filelist", "F"], 14],
    ["+src/d1\n- **", ["--include-filelist", "F"], 14],
    ["+  src/d1\n- **", ["--include-filelist", "F"], 14],
    ["", ["--include-filelist", "F"], () => all],
    ["# comment\n", ["--include-filelist", "F"], () => all],
  ];
  for (const [text, args, expected] of rows) {
    it(`${JSON.stringify(text)} ${args.join(" ")}`, () => {
      filelist = text;
      check(expected, () => select("src", args));
    });
  }
});
