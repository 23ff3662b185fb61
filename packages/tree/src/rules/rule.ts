import type { EntryType } from "@doppel/base";
import type { Glob } from "./glob.ts";
import type { PathRegexp } from "./regexp.ts";
import type { Subject, Verdict } from "./rules.ts";

/** One rule in the order of evaluation. */
export interface Rule {
  readonly kind: "include" | "exclude";
  /** As the user wrote it, for messages. */
  readonly pattern: string;
  /** `--include`, or `FILE:LINE`. */
  readonly origin: string;
  /** Which of the options it comes from, counted from 1. */
  readonly order: number;
  /** Whether the user wants to know when it matches nothing. */
  readonly expected: boolean;
  /** Only for globs: the names that every path it matches begins with; paths on the way there answer "scan" to an include. */
  readonly anchor?: readonly string[];
  /** Only for globs: whether, as an include, it could match at or below this root. */
  readonly reaches?: (rootText: string) => boolean;
  readonly verdict: (text: string, type: EntryType, subject: Subject) => Verdict;
}

/** What a rule is called, and where it stands. */
export type Named = Pick<Rule, "kind" | "pattern" | "origin" | "order" | "expected">;

export function globRule(named: Named, glob: Glob): Rule {
  const { kind } = named;
  return {
    ...named,
    anchor: glob.anchor,
    reaches: (rootText) => glob.answer(rootText, true) !== undefined,
    verdict: (text, type) => {
      const found = glob.answer(text, type === "dir");
      if (found === "match") return kind;
      return kind === "include" ? found : undefined;
    },
  };
}

/** No logic of parents and children: `--include-regexp` finds nothing in a directory that is excluded. */
export function regexpRule(named: Named, regexp: PathRegexp): Rule {
  const { kind } = named;
  return { ...named, verdict: (text) => (regexp.test(text) ? kind : undefined) };
}

export function otherFilesystemsRule(order: number): Rule {
  return {
    ...unnamed("--exclude-other-filesystems", order),
    verdict: (_text, _type, subject) => (subject.dev === subject.rootDev ? undefined : "exclude"),
  };
}

/** Regular files only, in whole seconds as the format has them. */
export function olderThanRule(before: Date, order: number): Rule {
  const seconds = before.getTime() / 1000;
  return {
    ...unnamed("--exclude-older-than", order),
    verdict: (_text, type, subject) => (type === "file" && subject.mtime < seconds ? "exclude" : undefined),
  };
}

export function deviceFilesRule(order: number): Rule {
  return {
    ...unnamed("--exclude-device-files", order),
    verdict: (_text, type) => (type === "chardev" || type === "blockdev" ? "exclude" : undefined),
  };
}

function unnamed(option: string, order: number): Named {
  return { kind: "exclude", pattern: option, origin: option, order, expected: false };
}
