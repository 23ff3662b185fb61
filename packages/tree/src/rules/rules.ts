import type { BytePath, EntryType } from "@doppel/base";

/** What one rule says about one path; `undefined`: nothing. "scan": look inside, something below may be included. */
export type Verdict = "include" | "exclude" | "scan" | undefined;

/** The facts about an entry that rules may ask for. `mtime` in whole seconds, `rootDev` is the source's own device. */
export interface Subject {
  /** Of the file system that it lies on. */
  readonly dev: number;
  /** Of the one that the source lies on. */
  readonly rootDev: number;
  /** Whole seconds since 1970. */
  readonly mtime: number;
}

/** A rule of the user's that was configured in vain. */
export interface UnmatchedRule {
  /** As the user wrote it. */
  readonly pattern: string;
  /** What it does with what it matches. */
  readonly kind: "include" | "exclude";
  /** The option (`--include`), or `FILE:LINE` for an entry of a filelist. */
  readonly origin: string;
}

/** The rule that a verdict follows from. */
export interface DecidingRule extends UnmatchedRule {
  /** Which of the selection's options it is, or stands in, counted from 1. */
  readonly order: number;
}

/** A folder (or file) that `--files-from` lists, or that leads to one. The walk says what it met. */
export interface ListedFolder {
  /** By name. */
  readonly below: Map<string, ListedFolder>;
  /** Whether the walk came by. */
  met: boolean;
}

/** The user's selection, compiled: spec of the command line, section 6. */
export interface Rules {
  /** With `--files-from`: the root of what there is for the walk; the rules are asked about that. */
  readonly listed?: ListedFolder | undefined;
  /** Whether `excludesDirectory` has to be asked. */
  readonly hasMarkers?: boolean;
  /** The verdict of all rules on an entry below the root. `full` is `<normalised source>/<relative path>` (6.1). */
  judge(full: BytePath, type: EntryType, subject: Subject): "include" | "exclude" | "scan";
  /** Whether a directory below the root with these names in it is excluded (`--exclude-if-present`). */
  excludesDirectory(names: readonly string[]): boolean;
  /**
   * Rules that have matched nothing that the walk came by, in the order given: includes from anywhere, and excludes
   * from filelists unless they are `**`. Ask after the walk.
   */
  unmatched(): readonly UnmatchedRule[];
}

/** An include, whatever other rules say of what it matches. */
export interface ConfiguredInclude extends DecidingRule {
  /** The names that whatever it matches begins with: its path's text, split at the slashes. None for a regular expression. */
  readonly anchor: readonly string[] | undefined;
  /** Whether it matches this path (whole, as `judge` takes it). */
  readonly takes: (full: BytePath, type: EntryType) => boolean;
}

/** Rules that can be asked why. */
export interface ExplainedRules extends Rules {
  /** `judge`, and why: the first rule that decides; of "scan" the include that has it looked into; undefined when no rule says anything. */
  explain(
    full: BytePath,
    type: EntryType,
    subject: Subject,
  ): { readonly verdict: "include" | "exclude" | "scan"; readonly rule: DecidingRule | undefined };
  /** All includes in their order. */
  includes(): readonly ConfiguredInclude[];
}

/** `--filter-ignorecase` and `--filter-strictcase` concern `include-regexp` and `exclude-regexp` too. */
export type FilterOption = "filter-globbing" | "filter-literal" | "filter-regexp" | "filter-ignorecase" | "filter-strictcase";

/** One selection option, in command-line order. */
export type SelectionOption =
  /** A glob pattern (6.3), or a regular expression to be searched for (6.5). */
  | { readonly option: "include" | "exclude" | "include-regexp" | "exclude-regexp"; readonly value: string }
  /** The name of a filelist (6.4), as `RulesContext.readFile` takes it. */
  | { readonly option: "include-filelist" | "exclude-filelist"; readonly value: string }
  /** The name of a list of paths relative to the source, which are all that is backed up (6.5); read as filelists are. */
  | { readonly option: "files-from"; readonly value: string }
  /** How what follows of `include`, `exclude` and filelists is understood (6.5): at first as globs, and cases differ. */
  | { readonly option: FilterOption }
  /** A plain name. */
  | { readonly option: "exclude-if-present"; readonly value: string }
  | { readonly option: "exclude-device-files" | "exclude-other-filesystems" }
  | { readonly option: "exclude-older-than"; readonly before: Date };
