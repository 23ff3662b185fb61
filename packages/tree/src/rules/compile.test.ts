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
