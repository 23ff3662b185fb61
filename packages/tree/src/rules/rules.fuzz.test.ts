import { type BytePath, DoppelError, pathFromBytes } from "@doppel/base";
import { fuzz } from "@doppel/testkit";
import { describe } from "vitest";
import { normaliseSource } from "../source.ts";
import { compileRules } from "./compile.ts";
import type { SelectionOption } from "./rules.ts";

const SOURCE = "/src" as BytePath;
/** Short: what has look-around or references is handed to an engine that backtracks, and takes its time as in stock (README). */
const PATHS = ["/src/a", "/src/a/b.txt", "/src/[x]/\xff"] as BytePath[];
const SUBJECT = { dev: 1, rootDev: 1, mtime: 1 };

function judgeAll(options: readonly SelectionOption[], file: Uint8Array, nullSeparator: boolean): void {
  const rules = compileRules(options, { source: SOURCE, readFile: () => file, nullSeparator });
  for (const path of PATHS) {
    rules.judge(path, "file", SUBJECT);
    rules.judge(path, "dir", SUBJECT);
  }
  rules.unmatched();
}

/** One kind after another: the first that refuses is no reason not to ask the others. */
function each(kinds: readonly (() => void)[]): void {
  for (const kind of kinds) {
    try {
      kind();
    } catch (error) {
      if (!(error instanceof DoppelError)) throw error;
    }
  }
}

describe("fuzzing", () => {
  fuzz("selection rules", {
    corpus: ["/src/a", "**/*.txt", "/src/[a-z]?/**", "ignorecase:/src/A*", "a/[!b]/c"],
    words: ["**", "*", "?", "[", "]", "[!", "[^", "//", "..", "ignorecase:", "\\", "\n", "\0", "{a,b}", "-"],
    read(input) {
      const value = input.subarray(0, 4000).toString("latin1") as BytePath;
      each([
        () =>
          judgeAll(
            [
              { option: "include", value },
              { option: "exclude", value: "**" as BytePath },
            ],
            input,
            false,
          ),
        () => judgeAll([{ option: "exclude", value }], input, false),
        () => judgeAll([{ option: "exclude-if-present", value } as never], input, false),
        () => void normaliseSource(value),
      ]);
    },
  });

  fuzz("a filelist", {
    corpus: ["+ /src/a\n- /src/b\n/src/c/**\n", "# comment\n\n  /src/x  \n'/src/y '\n", "+ /src/a\0- **\0"],
    words: ["+ ", "- ", "\n", "\0", "\r\n", "**", "#", "/src/", "'", '"', Buffer.of(0xff, 0xfe), "\ufeff"],
    read(input, pick) {
      const separated = pick(2) === 0;
      each([
        () => judgeAll([{ option: "exclude-filelist", value: "list" as BytePath }], input, separated),
        () =>
          judgeAll(
            [
              { option: "include-filelist", value: "list" as BytePath },
              { option: "exclude", value: "**" as BytePath },
            ],
            input,
            separated,
          ),
        () => judgeAll([{ option: "files-from", value: "list" as BytePath }], input, separated),
      ]);
    },
  });

  fuzz("a regular expression", {
    corpus: ["a.*b$", "^/src/(a|b)+[^c-e]{2,3}$", "(?i)\\w+\\d*\\.txt", "(?P<n>a)|b", "[\\]\\-a]\\x41\\u0041"],
    words: [
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "{0,65535}",
      "{9999}",
      "|",
      "*",
      "+?",
      "??",
      "\\",
      "\\b",
      "\\Z",
      "(?:",
      "(?x)",
      "^",
      "$",
      ".",
      "\\N",
      "(?#",
    ],
    read(input) {
      const text = input.subarray(0, 200).toString("latin1");
      // What only an engine that backtracks can do may take for ever: known, and told in the README.
      if (/\(\?<?[=!]|\(\?P=|\\[1-9]|\(\?\(/.test(text)) return;
      const value = pathFromBytes(Buffer.from(text, "latin1"));
      each([() => judgeAll([{ option: "exclude-regexp", value } as never], input, false)]);
    },
  });
});
