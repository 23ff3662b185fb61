import fs, { utimesSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { OwnerNames } from "./owners.ts";
import { compileRules } from "./rules/compile.ts";
import type { SelectionOption } from "./rules/rules.ts";
import { makeTree } from "./test-support.ts";
import { walkTree } from "./walk.ts";

interface Walked {
  /** What was selected, without the root. */
  readonly paths: readonly string[];
  /** Folders whose names were read, in order. */
  readonly read: readonly string[];
  readonly unmatched: readonly string[];
}

/** Walks a tree and notes each time that names of a folder are asked of the system. */
function walked(
  objects: readonly string[],
  options: readonly SelectionOption[],
  list: string | Uint8Array = "",
  nullSeparator = false,
): Walked {
  const folder = tempDir();
  const source = pathFromText(join(folder, "src"));
  makeTree(source, ...objects);
  utimesSync(folder, 0, 0);
  const named = options.map((option) =>
    "value" in option && (option.option === "include" || option.option === "exclude")
      ? { ...option, value: option.value.replace(/^src/, source) }
      : option,
  );
  const rules = compileRules(named, { source, readFile: () => Buffer.from(list as string), nullSeparator });
  const read: string[] = [];
  const original = fs.readdirSync;
  fs.readdirSync = ((path: Buffer, ...rest: never[]) => {
    read.push(path.toString("latin1").slice(source.length + 1));
    return original(path, ...rest);
  }) as typeof original;
  syncBuiltinESMExports();
  try {
    const entries = walkTree(source, { rules, owners: OwnerNames.system(), onProblem: ({ detail }) => expect.fail(detail) });
    const paths = Array.from(entries, ({ path }) => path).slice(1);
    return { paths, read, unmatched: rules.unmatched().map(({ pattern, origin }) => `${origin} ${pattern}`) };
  } finally {
    fs.readdirSync = original;
    syncBuiltinESMExports();
  }
}

const TREE = ["a.py", "b.txt", "d1/x.py", "d1/sub/z.py", "d1/sub/deep/k", "d2/q", "d3/e/f"];
const only = (...values: string[]): SelectionOption[] => [
  ...values.map((value) => ({ option: "include" as const, value })),
  { option: "exclude", value: "**" },
];
const LIST: SelectionOption = { option: "files-from", value: "list" };

describe("folders that cannot contain a match", () => {
  it("are not read", () => {
    expect(walked(TREE, only("src/d1/sub/z.py")).read).toEqual(["", "d1", "d1/sub"]);
    expect(walked(TREE, only("src/d*/q")).read).toEqual(["", "d1", "d2", "d3"]);
    expect(walked(TREE, only("src/a.py")).read).toEqual([""]);
    expect(walked(TREE, [{ option: "exclude", value: "src/d1" }]).read).toEqual(["", "d2", "d3", "d3/e"]);
    expect(walked(TREE, [{ option: "exclude-regexp", value: "/d[13]$" }]).read).toEqual(["", "d2"]);
    expect(walked(TREE, [LIST], "d1/sub\nd2/q\n").read).toEqual(["", "d1", "d2"]);
  });

  it("are read once for --exclude-if-present", () => {
    const marker: SelectionOption = { option: "exclude-if-present", value: "q" };
    expect(walked(TREE, [LIST, marker], "d1\nd2\n")).toMatchObject({ paths: ["d1"], read: ["", "d1", "d2"] });
  });
});

describe("--files-from", () => {
  it("takes what is listed and what leads there, and nothing below", () => {
    expect(walked(TREE, [LIST], "d1/x.py\nd2\n").paths).toEqual(["d1", "d1/x.py", "d2"]);
    expect(walked(TREE, [LIST], "d1/sub/\n./a.py\nd3//e\n").paths).toEqual(["a.py", "d1", "d1/sub", "d3", "d3/e"]);
    expect(walked(TREE, [LIST], ".\n").paths).toEqual([]);
  });

  it("tells what is not there; what leads to it is taken", () => {
    expect(walked(TREE, [LIST], "d1/none\nd2/q\n")).toMatchObject({ paths: ["d1", "d2", "d2/q"], unmatched: ["list:1 d1/none"] });
  });

  it("leaves the last word to the rules, wherever they stand", () => {
    const exclude: SelectionOption = { option: "exclude", value: "src/d1" };
    expect(walked(TREE, [LIST, exclude], "d1/x.py\nb.txt").paths).toEqual(["b.txt"]);
    expect(walked(TREE, [exclude, LIST], "d1/x.py\nb.txt").paths).toEqual(["b.txt"]);
    expect(walked(TREE, [LIST, ...only("src/d1/sub")], "d1/x.py\nd1/sub/z.py").paths).toEqual(["d1", "d1/sub", "d1/sub/z.py"]);
  });

  it("counts every character, except the CR of CR LF and a byte order mark", () => {
    const odd = [" a ", "#c", "+ b", "'q'", "\xff", "two\nlines", "cr\r"];
    expect(walked(odd, [LIST], Buffer.from(" a \n#c\r\n+ b\n'q'\n\xff\n", "latin1")).paths).toEqual([
      " a ",
      "#c",
      "'q'",
      "+ b",
      "\xff",
    ]);
    expect(walked(odd, [LIST], Buffer.from("\xef\xbb\xbf#c\0two\nlines\0cr\r\0", "latin1"), true).paths).toEqual([
      "#c",
      "cr\r",
      "two\nlines",
    ]);
    expect(walked(odd, [LIST], "cr\r\n").paths).toEqual([]);
  });

  it("counts only the last list", () => {
    expect(walked(TREE, [{ ...LIST, value: "other" } as SelectionOption, LIST], "a.py").paths).toEqual(["a.py"]);
  });
});
