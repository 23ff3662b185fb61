import type { BackupJob } from "@doppel/engine/internal";
import { COMPARE, WRITE } from "./command-groups.ts";
import { type CommandName, flag, type Option } from "./option.ts";
import { ENCRYPTION_OPTIONS } from "./options-encryption.ts";
import { FLEET_OPTIONS } from "./options-fleet.ts";
import { OUTPUT_OPTIONS } from "./options-output.ts";
import { READING_OPTIONS } from "./options-reading.ts";
import { S3_OPTIONS } from "./options-s3.ts";
import { RECEIPT_OPTIONS } from "./options-receipts.ts";
import { SETUP_OPTIONS } from "./options-setup.ts";
import { STOCK_OPTIONS } from "./options-stock.ts";
import { STORING_OPTIONS } from "./options-storing.ts";

/**
 * Every option there is, except those that choose files (`RULES`): both parsers, `--help`, the manual pages and the tests are
 * made from these two tables. Order is the order in `--help`.
 */
export const OPTIONS = {
  "null-separator": flag({
    group: "Which files",
    help: "lines of file lists end with NUL instead of newline",
    commands: [...WRITE, ...COMPARE, "explain", "doctor"],
    to: "BackupJob.nullSeparator, VerifyJob.nullSeparator",
  }),
  "copy-links": flag({
    group: "Which files",
    help: "follow symbolic links: what they point to counts instead of the links",
    commands: [...WRITE, ...COMPARE, "explain", "doctor"],
    to: "BackupJob.copyLinks, VerifyJob.copyLinks",
  }),
  ...STORING_OPTIONS,
  ...ENCRYPTION_OPTIONS,
  ...S3_OPTIONS,
  ...READING_OPTIONS,
  ...SETUP_OPTIONS,
  ...FLEET_OPTIONS,
  ...RECEIPT_OPTIONS,
  ...OUTPUT_OPTIONS,
  ...STOCK_OPTIONS,
} satisfies Record<string, Option>;

type Options = typeof OPTIONS;
export type OptionName = keyof Options;
/** What a command gets: the value of every option, given or not. */
export type Settings = { readonly [Name in OptionName]: ReturnType<Options[Name]["read"]> };

/** An option that chooses files. They form one list, because the first that answers wins. */
export interface Rule {
  /** Absent for a flag. */
  readonly metavar?: string;
  readonly help: string;
}

export const RULES = {
  include: { metavar: "PATTERN", help: "take what matches; the first rule that matches a path decides" },
  exclude: { metavar: "PATTERN", help: "leave out what matches: * ? [a-z] within a name, ** across folders" },
  "include-filelist": { metavar: "FILE", help: "a list of such patterns, one a line; `- ` before a pattern excludes" },
  "exclude-filelist": { metavar: "FILE", help: "the same; `+ ` before a pattern includes" },
  "include-regexp": { metavar: "REGEXP", help: "take paths in which the regular expression is found" },
  "exclude-regexp": { metavar: "REGEXP", help: "leave out paths in which the regular expression is found" },
  "files-from": { metavar: "FILE", help: "back up only the paths in this list, one a line, relative to SOURCE" },
  "filter-globbing": { help: "what follows of --include, --exclude and file lists are patterns (the default)" },
  "filter-literal": { help: "what follows of them are paths, in which no character is special" },
  "filter-regexp": { help: "what follows of them are regular expressions" },
  "filter-ignorecase": { help: "from here on A and a are the same" },
  "filter-strictcase": { help: "from here on they are not (the default)" },
  "exclude-if-present": { metavar: "NAME", help: "leave out every folder that has an entry of this name" },
  "exclude-device-files": { help: "leave out block and character devices" },
  "exclude-other-filesystems": { help: "leave out what is on another file system than SOURCE" },
  "exclude-older-than": { metavar: "TIME", help: "leave out files last changed before TIME" },
} satisfies Record<BackupJob["selection"][number]["option"], Rule>;

export type RuleName = keyof typeof RULES;

/** Rules that only duplicity 3.x knows, and those whose values are names of files for it (cli spec 2.1). */
export const NEW_RULES: readonly RuleName[] = [
  "files-from",
  "filter-globbing",
  "filter-literal",
  "filter-regexp",
  "filter-ignorecase",
  "filter-strictcase",
];
export const EXPANDED_RULES: readonly RuleName[] = ["include-filelist", "exclude-filelist", "exclude-if-present", "files-from"];

/** What duplicity 0.8 called some of them; a flag stands for one value. */
export const OLD_RULES: Readonly<Record<string, { readonly rule: RuleName; readonly value?: string }>> = {
  "include-globbing-filelist": { rule: "include-filelist" },
  "exclude-globbing-filelist": { rule: "exclude-filelist" },
  "include-filelist-stdin": { rule: "include-filelist", value: "/dev/stdin" },
  "exclude-filelist-stdin": { rule: "exclude-filelist", value: "/dev/stdin" },
};

/** One use of a rule, with its value as typed (one char per byte; "" for a flag). */
export interface GivenRule {
  readonly rule: RuleName;
  readonly value: string;
}
/** The rules belong to the commands that read the source, or speak of it. */
export const RULE_COMMANDS = [...WRITE, ...COMPARE, "explain", "doctor", "setup server"] as const;

/** Those that mean something to a command; `setup server` takes the two that a list of its own is made from. */
export function rulesOf(command: CommandName): readonly RuleName[] {
  if (command === "setup server") return ["include", "exclude"];
  return (RULE_COMMANDS as readonly CommandName[]).includes(command) ? (Object.keys(RULES) as RuleName[]) : [];
}

/** Every command that an option means something to. */
export function commandsOf(name: OptionName): readonly CommandName[] {
  const { commands, also }: Option = OPTIONS[name];
  return [...commands, ...(also ?? []).flatMap((meaning) => meaning.commands)];
}
