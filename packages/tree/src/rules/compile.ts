import { type BytePath, DoppelError, displayPath, displayText, pathFromText } from "@doppel/base";
import { parseFilelist } from "./filelist.ts";
import { compileGlob } from "./glob.ts";
import { OrderedRules } from "./judge.ts";
import { PathListing } from "./path-listing.ts";
import { compileRegexp } from "./regexp.ts";
import { deviceFilesRule, globRule, type Named, olderThanRule, otherFilesystemsRule, type Rule, regexpRule } from "./rule.ts";
import type { ExplainedRules, FilterOption, SelectionOption } from "./rules.ts";
import { textOf } from "./text.ts";

/** What the rules are compiled for. */
export interface RulesContext {
  /** As `normaliseSource` gives it. */
  readonly source: BytePath;
  /** Reads a filelist; what it throws becomes `rules.filelist`. */
  readonly readFile: (path: string) => Uint8Array;
  /** Filelists are separated by NUL instead of newline (`--null-separator`). */
  readonly nullSeparator?: boolean;
  /** "skip" drops patterns that cannot match under the source, as verifying a sub-path needs; default "error". */
  readonly cannotMatch?: "error" | "skip";
  /** What the source is of the tree that `--files-from` is about; default: all of it. */
  readonly part?: BytePath | undefined;
}

/**
 * Compiles the options of section 6 of the command-line spec.
 * @throws DoppelError rules.cannot-match (14), rules.malformed (15), rules.last-is-include (16), rules.filelist (7),
 * rules.filter-without-effect (70), rules.filter-last (71), rules.absolute-path (72), rules.no-paths (73)
 */
export function compileRules(options: readonly SelectionOption[], context: RulesContext): ExplainedRules {
  refuseIdleFilters(options);
  const rootText = textOf(context.source);
  const separator = context.nullSeparator === true ? "\0" : "\n";
  const front: Rule[] = [];
  const rules: Rule[] = [];
  const markers: string[] = [];
  let listing: PathListing | undefined;
  let filter: Filter = { mode: "globbing", ignoreCase: false };
  for (const [index, option] of options.entries()) {
    const order = index + 1;
    switch (option.option) {
      case "include":
      case "exclude": {
        const named = { pattern: option.value, origin: `--${option.option}`, order, expected: option.option === "include" };
        rules.push(patternRule({ kind: option.option, ...named }, filter));
        break;
      }
      case "include-filelist":
      case "exclude-filelist": {
        const kind = option.option === "include-filelist" ? "include" : "exclude";
        const entries = parseFilelist(readList(option.value, context), kind, separator);
        for (const { line, ...entry } of entries) {
          const named = { origin: `${option.value}:${line}`, order, expected: entry.pattern !== "**" };
          rules.push(patternRule({ ...entry, ...named }, filter));
        }
        break;
      }
      case "include-regexp":
      case "exclude-regexp": {
        const kind = option.option === "include-regexp" ? "include" : "exclude";
        const named = { pattern: option.value, origin: `--${option.option}`, order, expected: kind === "include" };
        rules.push(patternRule({ kind, ...named }, { ...filter, mode: "regexp" }));
        break;
      }
      case "files-from":
        // Of several the last counts.
        listing = new PathListing(option.value, readList(option.value, context), separator, context.part);
        break;
      case "filter-globbing":
      case "filter-literal":
      case "filter-regexp":
      case "filter-ignorecase":
      case "filter-strictcase":
        filter = { ...filter, ...FILTERS[option.option] };
        break;
      case "exclude-if-present":
        markers.push(markerOf(option.value));
        break;
      case "exclude-device-files":
        front.push(deviceFilesRule(order)); // before all others wherever it stands (6.1), as if-present is
        break;
      case "exclude-other-filesystems":
        rules.push(otherFilesystemsRule(order));
        break;
      case "exclude-older-than":
        rules.push(olderThanRule(option.before, order));
        break;
    }
  }
  const usable = rules.filter((rule) => canMatch(rule, rootText, context));
  refuseLastInclude(rules.at(-1));
  return new OrderedRules([...front, ...usable], markers, rootText, listing);
}

/** How patterns are understood. */
interface Filter {
  readonly mode: "globbing" | "literal" | "regexp";
  readonly ignoreCase: boolean;
}

const FILTERS: Readonly<Record<FilterOption, Partial<Filter>>> = {
  "filter-globbing": { mode: "globbing" },
  "filter-literal": { mode: "literal" },
  "filter-regexp": { mode: "regexp" },
  "filter-ignorecase": { ignoreCase: true },
  "filter-strictcase": { ignoreCase: false },
};

function patternRule(named: Named, { mode, ignoreCase }: Filter): Rule {
  const { pattern, origin } = named;
  try {
    if (mode === "regexp") return regexpRule(named, compileRegexp(pattern, ignoreCase));
    return globRule(named, compileGlob(pattern, { literal: mode === "literal", ignoreCase }));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const reason = error.message;
    const message = `${displayText(`${origin}: the pattern ${pattern}`)} is malformed: ${displayText(reason)}`;
    throw new DoppelError("rules.malformed", message, { pattern, reason }, error);
  }
}

function readList(file: string, { readFile }: RulesContext): Uint8Array {
  try {
    return readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DoppelError(
      "rules.filelist",
      `cannot read the filelist ${displayText(file)}: ${displayText(reason)}`,
      { file },
      error,
    );
  }
}

function markerOf(name: string): string {
  if (name !== "" && !name.includes("/")) return pathFromText(name);
  const reason = "it has to be the plain name of a file";
  const message = `${displayText(`--exclude-if-present: the pattern ${name}`)} is malformed: ${reason}`;
  throw new DoppelError("rules.malformed", message, { pattern: name, reason });
}

/** Taken as an include, a glob has to say something about the root: a pattern of another form would do nothing at all. */
function canMatch(rule: Rule, rootText: string, context: RulesContext): boolean {
  if (rule.reaches === undefined || rule.reaches(rootText)) return true;
  if (context.cannotMatch === "skip") return false;
  const source = displayPath(context.source);
  throw new DoppelError(
    "rules.cannot-match",
    `${displayText(rule.origin)}: the pattern ${displayText(rule.pattern)} cannot match anything under ${source}; patterns begin like the source as it was given`,
    { pattern: rule.pattern, source },
  );
}

function refuseLastInclude(last: Rule | undefined): void {
  if (last?.kind !== "include") return;
  throw new DoppelError(
    "rules.last-is-include",
    `Last selection expression: ${displayText(`${last.origin} ${last.pattern}`)} leaves nothing out, for what no rule matches is backed up too; add --exclude '**' after it to back up only what is included`,
    { pattern: last.pattern },
  );
}

/** A filter that changes nothing was meant to: 3.x refuses it. */
function refuseIdleFilters(options: readonly SelectionOption[]): void {
  const last = options.at(-1)?.option;
  if (last !== undefined && last in FILTERS) {
    const message = `--${last} is the last option of the selection, so it concerns nothing; it has to stand before the patterns it is meant for`;
    throw new DoppelError("rules.filter-last", message, { option: `--${last}` });
  }
  const filters = options.map(({ option }) => option).filter((option) => option in FILTERS);
  const [first] = filters;
  if (first === undefined || filters.some((option) => option !== "filter-globbing" && option !== "filter-strictcase")) return;
  const message = `--${first} changes nothing: patterns whose case counts are the default; leave it out, or use --filter-literal, --filter-regexp or --filter-ignorecase`;
  throw new DoppelError("rules.filter-without-effect", message, { option: `--${first}` });
}
