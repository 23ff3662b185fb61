import type { BytePath } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { compileRules } from "./compile.ts";
import type { SelectionOption, Subject } from "./rules.ts";

const subject: Subject = { dev: 1, rootDev: 1, mtime: 100 };

function compile(options: SelectionOption[], filelist: string | Uint8Array = "", nullSeparator = false) {
  const readFile = () => Buffer.from(filelist as string);
  return compileRules(options, { source: "src" as BytePath, readFile, nullSeparator });
}

describe("compileRules", () => {
  it("names what matched nothing, and where it was asked for", () => {
    const rules = compile(
      [
        { option: "include", value: "src/there" },
        { option: "include", value: "src/there/inside" },
        { option: "include", value: "src/gone" },
        { option: "exclude", value: "src/no-such-*" },
        { option: "exclude-filelist", value: "list" },
        { option: "include-regexp", value: "nowhere" },
        { option: "exclude", value: "**" },
      ],
      "src/tmp\n\n+ src/lost\nsrc/b*\n**\n",
    );
    for (const path of ["src/there", "src/there/inside", "src/b1"]) rules.judge(path as BytePath, "file", subject);
    expect(rules.unmatched()).toEqual([
      { pattern: "src/gone", kind: "include", origin: "--include" },
      { pattern: "src/tmp", kind: "exclude", origin: "list:1" },
      { pattern: "src/lost", kind: "include", origin: "list:3" },
      { pattern: "nowhere", kind: "include", origin: "--include-regexp" },
    ]);
  });

  it("counts the root as something to match", () => {
    expect(
      compile([
        { option: "include", value: "src" },
        { option: "exclude", value: "**" },
      ]).unmatched(),
    ).toEqual([]);
  });

  it("reads filelists as bytes, separated by NUL when told", () => {
    const bytes = Buffer.from("src/\xff\0 src/two\nlines\0- **", "latin1");
    const rules = compile([{ option: "include-filelist", value: "list" }], bytes, true);
    expect(rules.judge("src/\xff" as BytePath, "file", subject)).toBe("include");
    expect(rules.judge("src/two\nlines" as BytePath, "file", subject)).toBe("include");
    expect(rules.judge("src/x" as BytePath, "file", subject)).toBe("exclude");
  });

  it("excludes devices before anything else", () => {
    const rules = compile([
      { option: "include", value: "src/null" },
      { option: "exclude-device-files" },
      { option: "exclude", value: "src/x" },
    ]);
    expect(rules.judge("src/null" as BytePath, "chardev", subject)).toBe("exclude");
    expect(rules.judge("src/null" as BytePath, "file", subject)).toBe("include");
  });

  it("excludes other file systems and old files where the option stands", () => {
    const rules = compile([
      { option: "include", value: "src/a" },
      { option: "exclude-other-filesystems" },
      { option: "exclude-older-than", before: new Date(200_000) },
    ]);
    expect(rules.judge("src/a" as BytePath, "file", { dev: 2, rootDev: 1, mtime: 100 })).toBe("include");
    expect(rules.judge("src/b" as BytePath, "file", { dev: 2, rootDev: 1, mtime: 200 })).toBe("exclude");
    expect(rules.judge("src/b" as BytePath, "file", { dev: 1, rootDev: 1, mtime: 199 })).toBe("exclude");
    expect(rules.judge("src/b" as BytePath, "dir", { dev: 1, rootDev: 1, mtime: 199 })).toBe("include");
    expect(rules.judge("src/b" as BytePath, "file", { dev: 1, rootDev: 1, mtime: 200 })).toBe("include");
  });

  it("skips on request what cannot match under a part of the source", () => {
    const options: SelectionOption[] = [
      { option: "exclude", value: "src/d2" },
      { option: "exclude", value: "src/d1/x" },
    ];
    const rules = compileRules(options, { source: "src/d1" as BytePath, readFile: () => Buffer.alloc(0), cannotMatch: "skip" });
    expect(rules.judge("src/d1/x" as BytePath, "file", subject)).toBe("exclude");
    expect(rules.judge("src/d1/y" as BytePath, "file", subject)).toBe("include");
  });

  it("understands Python's spelling of regular expressions", () => {
    const rules = compile([{ option: "exclude-regexp", value: "(?i)\\Asrc/(?P<c>X)(?P=c)\\Z" }]);
    expect(rules.judge("src/xx" as BytePath, "file", subject)).toBe("exclude");
    expect(rules.judge("src/xxx" as BytePath, "file", subject)).toBe("include");
  });

  it("refuses, by code", () => {
    const code = (...options: SelectionOption[]) => {
      try {
        return compile(options).unmatched();
      } catch (error) {
        return error;
      }
    };
    expect(code({ option: "exclude-regexp", value: "(?i)(" })).toMatchObject({
      code: "rules.malformed",
      message: "--exclude-regexp: the pattern (?i)( is malformed: unterminated group",
    });
    expect(code({ option: "exclude", value: "\u001b//" })).toMatchObject({ message: expect.stringContaining("pattern \\x1b//") });
    expect(code({ option: "exclude", value: "" })).toMatchObject({ code: "rules.malformed" });
    expect(code({ option: "exclude-if-present", value: "a/b" })).toMatchObject({ code: "rules.malformed" });
    expect(code({ option: "include-regexp", value: "a" })).toMatchObject({
      code: "rules.last-is-include",
      message: expect.stringMatching(/^Last selection expression: --include-regexp a .*; add --exclude '\*\*' after it/),
    });
    const readFile = () => {
      throw new Error("not there");
    };
    expect(() => compileRules([{ option: "include-filelist", value: "F" }], { source: "src" as BytePath, readFile })).toThrow(
      expect.objectContaining({ code: "rules.filelist", data: { file: "F" } }),
    );
  });
});

describe("filters, and --files-from", () => {
  const judged = (rules: ReturnType<typeof compile>, path: string, type: "file" | "dir" = "file") =>
    rules.judge(path as BytePath, type, subject);
  const codeOf = (options: SelectionOption[], list = "") => {
    try {
      compile(options, list);
      return undefined;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it("takes patterns literally, without and with the cases of letters", () => {
    const rules = compile([
      { option: "filter-literal" },
      { option: "exclude", value: "src/[x]/" },
      { option: "include", value: "src/d/*" },
      { option: "filter-ignorecase" },
      { option: "exclude", value: "SRC/D" },
    ]);
    expect(judged(rules, "src/[x]")).toBe("exclude");
    expect(judged(rules, "src/[x]/below")).toBe("exclude");
    expect(judged(rules, "src/x")).toBe("include");
    expect(judged(rules, "src/d", "dir")).toBe("scan");
    expect(judged(rules, "src/d/*")).toBe("include");
    expect(judged(rules, "src/d/x")).toBe("exclude");
    expect(judged(rules, "src/D/x")).toBe("exclude");
  });

  it("takes them as regular expressions, and filelists too", () => {
    const rules = compile(
      [
        { option: "filter-regexp" },
        { option: "exclude-filelist", value: "list" },
        { option: "filter-ignorecase" },
        { option: "exclude", value: "X" },
        { option: "exclude-regexp", value: "Y" },
        { option: "filter-strictcase" },
        { option: "exclude-regexp", value: "Z" },
      ],
      "+ keep\n\\.o$\n",
    );
    const paths = ["src/a.o", "src/keep.o", "src/x", "src/y", "src/z", "src/Z"];
    expect(paths.map((path) => judged(rules, path))).toEqual([
      ...["exclude", "include", "exclude", "exclude", "include", "exclude"],
    ]);
  });

  it("knows ignorecase: only where patterns are globs", () => {
    const value = "ignorecase:src/A";
    expect(codeOf([{ option: "filter-literal" }, { option: "exclude", value }])).toBe("rules.cannot-match");
    expect(judged(compile([{ option: "filter-ignorecase" }, { option: "exclude", value }]), "src/a")).toBe("exclude");
  });

  it("compares ignorecase: with the source as 3.x does", () => {
    const rules = compileRules([{ option: "exclude", value: "ignorecase:Src/x" }], {
      source: "Src" as BytePath,
      readFile: () => Buffer.alloc(0),
    });
    expect(judged(rules, "Src/X")).toBe("exclude");
  });

  it("refuses filters that are in vain: exits 70 and 71", () => {
    const exclude: SelectionOption = { option: "exclude", value: "src/a" };
    expect(codeOf([{ option: "filter-strictcase" }, { option: "filter-globbing" }, exclude])).toBe("rules.filter-without-effect");
    expect(codeOf([exclude, { option: "filter-literal" }])).toBe("rules.filter-last");
    expect(codeOf([{ option: "filter-globbing" }])).toBe("rules.filter-last");
    expect(codeOf([{ option: "filter-literal" }, { option: "exclude-regexp", value: "a" }])).toBeUndefined();
  });

  it("refuses lists of --files-from that cannot be meant: exits 72 and 73", () => {
    const options: SelectionOption[] = [{ option: "files-from", value: "list" }];
    expect(codeOf(options, "a\n/etc\n")).toBe("rules.absolute-path");
    expect(codeOf(options, "\n\r\n\n")).toBe("rules.no-paths");
    expect(codeOf(options, "a/../../b\n")).toBe("rules.malformed");
    expect(codeOf(options, "a\n#b\n")).toBeUndefined();
  });
});

describe("what hostile patterns cost", () => {
  const answered = (rules: ReturnType<typeof compile>, paths: readonly string[]) =>
    paths.map((path) => rules.judge(path as BytePath, "file", subject));

  it("is bounded for patterns of 64 KiB, of stars, brackets, sets and slashes", () => {
    const long = `src/${"a/".repeat(1000)}a`;
    for (const unit of ["**a", "*a", "[", "[]", "[a", "[!]", "?", "a/", "*/", "**/"]) {
      const value = `src/${unit.repeat(65_536 / unit.length)}b`;
      for (const body of [value, `ignorecase:${value}`]) {
        expect(answered(compile([{ option: "exclude", value: body }]), [long]), unit).toEqual(["include"]);
      }
    }
  });

  it("does not grow with the lines of a filelist: 100,000 of them, asked for 20,000 paths", () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, i) => `${i % 2 === 0 ? "+" : "-"} src/d${i % 1000}/f${i}${i % 7 === 0 ? "*" : ""}`,
    );
    const rules = compile([{ option: "exclude-filelist", value: "list" }], lines.join("\n"));
    const paths = Array.from({ length: 20_000 }, (_, i) => `src/d${i % 1000}/f${i}`);
    const verdicts = answered(rules, paths);
    expect(new Set(verdicts)).toEqual(new Set(["include", "exclude"]));
    expect(verdicts[3]).toBe("exclude");
    expect(verdicts[2]).toBe("include");
    expect(rules.judge("src/d1" as BytePath, "dir", subject)).toBe("include");
  });
});
