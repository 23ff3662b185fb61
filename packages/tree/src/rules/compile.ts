import { type BytePath, DoppelError, displayPath, displayText, pathFromText } from "@doppel/base";
import { parseFilelist } from "./filelist.ts";
import { compileGlob } from "./glob.ts";
import { OrderedRules } from "./judge.ts";
import { compileRegexp } from "./regexp.ts";
import { deviceFilesRule, globRule, olderThanRule, otherFilesystemsRule, type Rule, regexpRule } from "./rule.ts";
import type { Rules, SelectionOption } from "./rules.ts";
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
}

/**
 * Compiles the options of section 6 of the command-line spec.
 * @throws DoppelError rules.cannot-match (14), rules.malformed (15), rules.last-is-include (16), rules.filelist (7)
 */
export function compileRules(options: readonly SelectionOption[], context: RulesContext): Rules {
  const rootText = textOf(context.source);
  const front: Rule[] = [];
  const rules: Rule[] = [];
  const markers: string[] = [];
  for (const option of options) {
    switch (option.option) {
      case "include":
      case "exclude":
        rules.push(globOf(option.value, option.option, `--${option.option}`, option.option === "include"));
        break;
      case "include-filelist":
      case "exclude-filelist":
        rules.push(...filelistRules(option.value, option.option === "include-filelist" ? "include" : "exclude", context));
        break;
      case "include-regexp":
      case "exclude-regexp":
        rules.push(regexpOf(option.value, option.option));
        break;
      case "exclude-if-present":
        markers.push(markerOf(option.value));
        break;
      case "exclude-device-files":
        front.push(deviceFilesRule()); // before all others wherever it stands (6.1), as if-present is
        break;
      case "exclude-other-filesystems":
        rules.push(otherFilesystemsRule());
        break;
      case "exclude-older-than":
        rules.push(olderThanRule(option.before));
        break;
    }
  }
  const usable = rules.filter((rule) => canMatch(rule, rootText, context));
  refuseLastInclude(rules.at(-1));
  return new OrderedRules([...front, ...usable], markers, rootText);
}

function globOf(pattern: string, kind: "include" | "exclude", origin: string, expected: boolean): Rule {
  try {
    return globRule({ kind, pattern, origin, expected }, compileGlob(pattern));
  } catch (error) {
    throw malformed(pattern, origin, error);
  }
}

function regexpOf(pattern: string, option: "include-regexp" | "exclude-regexp"): Rule {
  const kind = option === "include-regexp" ? "include" : "exclude";
  try {
    return regexpRule({ kind, pattern, origin: `--${option}`, expected: kind === "include" }, compileRegexp(pattern));
  } catch (error) {
    throw malformed(pattern, `--${option}`, error);
  }
}

function filelistRules(file: string, kind: "include" | "exclude", context: RulesContext): Rule[] {
  let bytes: Uint8Array;
  try {
    bytes = context.readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DoppelError(
      "rules.filelist",
      `cannot read the filelist ${displayText(file)}: ${displayText(reason)}`,
      { file },
      error,
    );
  }
  const entries = parseFilelist(bytes, kind, context.nullSeparator === true ? "\0" : "\n");
  return entries.map((entry) => globOf(entry.pattern, entry.kind, `${file}:${entry.line}`, entry.pattern !== "**"));
}

function markerOf(name: string): string {
  if (name === "" || name.includes("/")) {
    throw malformed(name, "--exclude-if-present", new RangeError("it has to be the plain name of a file"));
  }
  return pathFromText(name);
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

function malformed(pattern: string, origin: string, error: unknown): DoppelError {
  if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
  const reason = error instanceof SyntaxError ? fault(error.message) : error.message;
  return new DoppelError(
    "rules.malformed",
    `${displayText(`${origin}: the pattern ${pattern}`)} is malformed: ${displayText(reason)}`,
    { pattern, reason },
    error,
  );
}

/** "Invalid regular expression: /(/: Unterminated group": only its end is news. */
function fault(message: string): string {
  const last = message.slice(message.lastIndexOf(": ") + 1).trim();
  return last.charAt(0).toLowerCase() + last.slice(1);
}
