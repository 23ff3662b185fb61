import { type BytePath, DoppelError, displayPath } from "@doppel/base";

/** The headings of `--help`, in the order in which they are printed. */
export const GROUPS = [
  "Which files",
  "Where and how it is stored",
  "Encryption",
  "S3",
  "Restoring",
  "Reading a backup",
  "Deleting",
  "Setting up",
  "Watching",
  "Output",
  "Other",
] as const;
type Group = (typeof GROUPS)[number];

/** What an option means to some commands. */
interface Meaning {
  readonly group: Group;
  readonly help: string;
  readonly commands: readonly CommandName[];
}

/** What the table says about every option, whatever its type. */
export interface About {
  readonly group: Group;
  /** One sentence without the name of the option; `--help` prints it behind `metavar`. */
  readonly help: string;
  /** The commands it means something to; with any other command it is a usage error. */
  readonly commands: readonly CommandName[];
  /** The field that it ends in, for the reader of the table. */
  readonly to: string;
  /** Where `--help` shows it, when that is not everywhere: the other `commands` take it, and it changes nothing there. */
  readonly shownFor?: readonly CommandName[];
  readonly aliases?: readonly string[];
  /** What it means to other commands, if that is something else. */
  readonly also?: readonly Meaning[];
  /** Works, but `--help` does not show it. */
  readonly hidden?: true;
  /** Which duplicity knows it: one generation only, or neither. Absent: both do. It decides what an abbreviation means. */
  readonly generation?: Generation;
  /** Names that only duplicity 0.8 knows it by. */
  readonly old?: readonly string[];
  /** The other program does not take it: of `doppel`, an option that has the beginning of one of duplicity's for its name. */
  readonly only?: Program;
  /** Nothing becomes of it; a notice (`-v5`) says so. */
  readonly ignored?: true;
  /** It is these options, each given the same value. */
  readonly standsFor?: readonly string[];
  /** `duplicity` expands `~` and variables in its value, as stock does. */
  readonly expand?: true;
}

/** The two programs. */
export type Program = "doppel" | "duplicity";

/** Of duplicity; "doppel": neither of its generations. */
export type Generation = "0.8" | "3" | "doppel";

/** One row of the option table. `T` is what the command gets. */
export interface Option<T = unknown> extends About {
  /** What stands for the value in `--help`; absent for a flag. */
  readonly metavar?: string;
  /** How many values it takes each time, when that is not one (with a metavar) or none. */
  readonly values?: 2;
  /** Shown in `--help`. */
  readonly defaultText?: string;
  /** Whether every occurrence counts; otherwise the last one wins. */
  readonly repeatable: boolean;
  /**
   * The value, from the arguments given for it in order (one char per byte; for a flag, "" each time).
   * @throws cli.usage with a message that starts behind the option's name
   */
  readonly read: (given: readonly string[]) => T;
}

export type CommandName =
  | "backup"
  | "full"
  | "incremental"
  | "replicate"
  | "restore"
  | "verify"
  | "recipe"
  | "status"
  | "list"
  | "find"
  | "diff"
  | "remove-older-than"
  | "remove-all-but-n-full"
  | "remove-all-inc-of-but-n-full"
  | "prune"
  | "cleanup"
  | "setup key"
  | "setup bucket"
  | "setup server"
  | "setup monitor"
  | "doctor"
  | "explain"
  | "fetch"
  | "unlock"
  | "lock"
  | "profile import"
  | "monitor check"
  | "drill"
  | "audit"
  | "check"
  | "runbook"
  | "completion";

interface WithValue extends About {
  readonly metavar: string;
}

/** On or off. */
export function flag(about: About): Option<boolean> {
  return { ...about, repeatable: false, read: (given) => given.length > 0 };
}

/** A value that is undefined when it is not given. */
export function optional<T>(parse: (argument: string) => T, about: WithValue): Option<T | undefined> {
  return { ...about, repeatable: false, read: (given) => (given.length === 0 ? undefined : parse(given.at(-1)!)) };
}

/** A value with a default, which is written as a user would write it. */
export function withDefault<T>(parse: (argument: string) => T, fallback: string, about: WithValue): Option<T> {
  return { ...about, defaultText: fallback, repeatable: false, read: (given) => parse(given.at(-1) ?? fallback) };
}

/** All values, in order. */
export function repeated<T>(parse: (argument: string) => T, about: WithValue): Option<readonly T[]> {
  return { ...about, repeatable: true, read: (given) => given.map(parse) };
}

/** Two values each time. */
export function pairs<T>(parse: (argument: string) => T, about: WithValue): Option<readonly (readonly [T, T])[]> {
  const read = (given: readonly string[]): readonly (readonly [T, T])[] =>
    given.flatMap((first, i) => (i % 2 === 0 ? [[parse(first), parse(given[i + 1]!)] as const] : []));
  return { ...about, values: 2, repeatable: true, read };
}

/** A flag that would change what the command line means, and cannot be followed. */
export function refused(why: string, about: About): Option<false> {
  const read = (given: readonly string[]): false => {
    if (given.length > 0) throw usage(why);
    return false;
  };
  return { ...about, repeatable: false, read };
}

// What a value may be.

/** Text for people and programs: UTF-8. */
export function text(argument: string): string {
  return Buffer.from(argument, "latin1").toString("utf8");
}

/** What was given, for a message. */
export function shown(argument: string): string {
  return argument === "" ? "" : displayPath(argument as BytePath);
}

/** A path, byte for byte. */
export function path(argument: string): BytePath {
  if (argument === "") throw usage("needs a path, and got an empty one");
  return argument as BytePath;
}

/** The name of one folder, which cannot lead out of the folder that it is in. */
export function folderName(argument: string): BytePath {
  if (argument !== "" && argument !== "." && argument !== ".." && !argument.includes("/")) return argument as BytePath;
  throw usage(`must be the name of one folder, not "${shown(argument)}"`);
}

/** A path in the backup: leading and trailing slashes do not count (cli spec 8). */
export function innerPath(argument: string): BytePath {
  if (argument === "") throw usage("needs a path in the backup, and got an empty one; leave it out to get everything");
  const inner = argument.replace(/^(?:\.?\/+)+/, "").replace(/\/+$/, "");
  return (inner === "." ? "" : inner) as BytePath;
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (argument: string) => number {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (argument) => {
    const number = /^[0-9]+$/.test(argument) ? Number(argument) : Number.NaN;
    if (!(number >= least && number <= most)) throw usage(`needs a whole number ${range}, not "${shown(argument)}"`);
    return number;
  };
}

/** `90s`, `15m`, `1h30m`, `2D`: seconds, above 0. */
export function duration(most: number): (argument: string) => number {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  return (argument) => {
    const parts = [...argument.toLowerCase().matchAll(/(\d{1,9})([smhdw])/g)];
    const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
    if (parts.map(([part]) => part).join("") === argument.toLowerCase() && seconds > 0 && seconds <= most) return seconds;
    throw usage(`needs a length of time such as 30m or 1h30m, at most ${most / 86_400}d, not "${shown(argument)}"`);
  };
}

/** Smaller numbers mean the least. */
export function atLeast(least: number): (argument: string) => number {
  return (argument) => Math.max(least, wholeNumber(0)(argument));
}

/** From 1; larger numbers mean the most. */
export function upTo(most: number): (argument: string) => number {
  return (argument) => Math.min(most, wholeNumber(1)(argument));
}

/** What stands for the colon in old file names. @throws cli.unsupported for any other than the colon itself */
export function timeSeparator(argument: string): string {
  if (argument === ":") return argument;
  if (argument === "-") throw usage("cannot be -, which stands between other parts of a time");
  const what = `--time-separator ${shown(argument)}`;
  throw new DoppelError("cli.unsupported", `is not supported: file names hold no such character any more; leave it out`, {
    what,
  });
}

/** `03:30`, as minutes of the day. */
export function minuteOfDay(argument: string): number {
  const [, hours, minutes] = /^(\d\d?):(\d\d)$/.exec(argument) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59)
    throw usage(`needs a time of the day such as 03:30, not "${shown(argument)}"`);
  return Number(hours) * 60 + Number(minutes);
}

export function oneOf<const T extends string>(...choices: readonly T[]): (argument: string) => T {
  return (argument) => {
    const choice = choices.find((known) => known === argument);
    if (choice === undefined) throw usage(`must be ${choices.join(" or ")}, not "${shown(argument)}"`);
    return choice;
  };
}

/** Part of an object's name; in stock duplicity other characters act as a pattern (format spec 1.4). */
export function prefix(argument: string): string {
  if (/^[A-Za-z0-9_-]*$/.test(argument)) return argument;
  throw usage(`may hold letters, digits, - and _ only, not "${shown(argument)}"`);
}

const PRINCIPAL_OF = ["writer", "monitor", "restorer", "keeper", "owner"] as const;

/** `ROLE=ARN`: who has a role in a bucket's policy. */
export function principal(argument: string): readonly [role: (typeof PRINCIPAL_OF)[number], arn: string] {
  const [, name, arn = ""] = /^([a-z]+)=(.*)$/s.exec(text(argument)) ?? [];
  const role = PRINCIPAL_OF.find((known) => known === name);
  if (role === undefined) throw usage(`must be ROLE=ARN, of the roles ${PRINCIPAL_OF.join(", ")}, not "${shown(argument)}"`);
  if (/^arn:[a-z-]+:(?:iam|sts):[^:\s]*:[^:\s]*:\S+$/.test(arn)) return [role, arn];
  throw usage(`needs an ARN such as arn:aws:iam::123456789012:user/NAME, not "${arn}"`);
}

function usage(message: string): DoppelError<"cli.usage"> {
  return new DoppelError("cli.usage", message, {});
}

/** How much is told: 0 errors, 2 warnings, 3 notices, 5 every entry and object, 9 everything (duplicity-cli 4.1). */
export function verbosity(argument: string): number {
  const words: Readonly<Record<string, number>> = { error: 0, warning: 2, notice: 3, info: 5, debug: 9 };
  const given = argument.toLowerCase();
  if (/^[0-9]$/.test(given)) return Number(given);
  const word = Object.keys(words).find((known) => known === given || known[0] === given);
  if (word === undefined) throw usage(`must be 0 to 9, error, warning, notice, info or debug, not "${shown(argument)}"`);
  return words[word]!;
}
