import { type BytePath, ROOT } from "@doppel/base";
import { type ExplainOptions, type Explanation, unreadableFile } from "./explain.ts";
import { findBelow, follow, LastProblem } from "./follow.ts";
import { OwnerNames } from "./owners.ts";
import type { ConfiguredInclude, DecidingRule } from "./rules/rules.ts";
import { pathOf } from "./rules/text.ts";
import type { SourceEntry } from "./source.ts";
import { type Level, Walk } from "./walk.ts";

/** What became of something that the user wants to be backed up. */
export interface IncludeProbe {
  /** Undefined: of the source as a whole, where no rule includes anything. */
  readonly rule?: DecidingRule;
  /** Where all that it is about begins, relative to the source. */
  readonly at: BytePath;
  /** What was found. */
  readonly result:
    | "matches"
    | "empty" //    a folder of which nothing but itself is stored
    | "nothing" //  nothing that is stored matches the pattern
    | "refused" //  `at` is not stored, nor anything below it: `explanation` says why
    | "gave-up"; // more entries than `limit` were looked at, and none was it
  /** With "refused": why. */
  readonly explanation?: Explanation;
}

/**
 * Looks whether every include leads to something: to the first entry, and no further. Costs at most `limit` entries for each.
 * @throws DoppelError source.missing, source.unreadable (the source itself)
 */
export function probeIncludes(
  source: BytePath,
  { rules, copyLinks = false, limit }: ExplainOptions & { readonly limit: number },
): readonly IncludeProbe[] {
  const problems = new LastProblem();
  const walk = new Walk(source, { rules, owners: OwnerNames.system(), onProblem: problems.note, copyLinks });
  const prefix = source === "/" ? "/" : `${source}/`;

  const look = (at: BytePath, include?: ConfiguredInclude): Omit<IncludeProbe, "rule"> => {
    const followed = follow(walk, rules, at, problems);
    if ("refused" in followed) return { at, result: "refused", explanation: followed.refused };
    const { found, open } = followed;
    const full = (at === ROOT ? source : prefix + at) as BytePath;
    const isWhole = include === undefined || include.takes(full, found.entry.type);
    if (found.level === undefined) {
      const problem = found.entry.type === "file" ? unreadableFile(found.entry) : undefined;
      if (problem === undefined) return { at, result: isWhole ? "matches" : "nothing" };
      return { at, result: "refused", explanation: { stored: false, reason: "problem", at, problem } };
    }
    const levels: Level[] = [...open, found.level];
    const isIt = ({ absolute, type }: SourceEntry): boolean => isWhole || include.takes(absolute, type);
    const seen = findBelow(walk, levels, isIt, { left: limit });
    if (seen === undefined) return { at, result: "gave-up" };
    return { at, result: seen ? "matches" : isWhole ? "empty" : "nothing" };
  };

  const includes = rules.includes();
  if (includes.length === 0) return [look(ROOT)];
  return includes.map((include) => {
    const { kind, pattern, origin, order } = include;
    return { rule: { kind, pattern, origin, order }, ...look(anchorOf(include, source, prefix), include) };
  });
}

/** The folder that a pattern begins with, as far as that lies in the source. */
function anchorOf({ anchor = [] }: ConfiguredInclude, source: BytePath, prefix: string): BytePath {
  const path = pathOf(anchor.join("/"));
  return path !== source && path.startsWith(prefix) ? (path.slice(prefix.length) as BytePath) : ROOT;
}
