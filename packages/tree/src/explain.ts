import { type BytePath, ROOT } from "@doppel/base";
import { openContent } from "./content.ts";
import { findBelow, follow, LastProblem } from "./follow.ts";
import { OwnerNames } from "./owners.ts";
import type { DecidingRule, ExplainedRules } from "./rules/rules.ts";
import { type TreeProblem, TreeProblemError } from "./source.ts";
import { type Found, Walk } from "./walk.ts";

/** Whether a backup made now would have a path in it, and why. Paths are relative to the source. */
export interface Explanation {
  /** Whether it would be in the backup. */
  readonly stored: boolean;
  /** What decided that. */
  readonly reason:
    | "rules" //         a rule decides, or none does, and then it is stored
    | "marker" //        `at` is a folder with a name of --exclude-if-present in it
    | "not-listed" //    --files-from does not list `at`
    | "below-link" //    `at` is a symbolic link, which is stored as a link
    | "not-a-folder" //  `at` is no folder
    | "nothing-below" // a folder that is only looked into, and nothing in it is selected
    | "problem"; //      `problem`: it is not there, cannot be read, or is of a kind that no backup keeps
  /** Where that was decided: the path itself, or the folder above it whose fate it shares. */
  readonly at: BytePath;
  /** The first rule that decides about `at`. With "nothing-below" the include that has it looked into. */
  readonly rule?: DecidingRule;
  /** What `at` has in it that excludes it, one char per byte. */
  readonly marker?: string;
  /** With reason `problem`: which. */
  readonly problem?: TreeProblem;
  /** Of what is not there: what the rules say of such a path (as of a file). */
  readonly byRules?: "include" | "exclude";
  /** Of a folder that is stored: whether anything in it is, too. */
  readonly isEmpty?: boolean;
  /** Of a folder that is stored only because something in it is: `rule` has it looked into. */
  readonly isPartial?: true;
}

/** What a backup would be made with. */
export interface ExplainOptions {
  /** Compiled for the source. */
  readonly rules: ExplainedRules;
  /** As for the walk. */
  readonly copyLinks?: boolean;
}

/**
 * Follows a walk of `source` (as `normaliseSource` gives it) to `path` and nothing else, so that it is the walk that decides. A
 * folder of which only something below may be selected is walked until something is.
 * @throws DoppelError source.missing, source.unreadable (the source itself)
 */
export function explainPath(source: BytePath, path: BytePath, { rules, copyLinks = false }: ExplainOptions): Explanation {
  const problems = new LastProblem();
  const walk = new Walk(source, { rules, owners: OwnerNames.system(), onProblem: problems.note, copyLinks });
  const followed = follow(walk, rules, path, problems);
  if ("refused" in followed) return followed.refused;
  const { found, open } = followed;
  const { entry, pending, level } = found;
  const rule = path === ROOT ? undefined : walk.explain(path, rules, "file").rule;
  const because = { at: path, ...(rule && { rule }) };
  if (level === undefined) {
    const unreadable = entry.type === "file" ? unreadableFile(entry) : undefined;
    return unreadable ? { stored: false, reason: "problem", ...because, problem: unreadable } : stored(because);
  }
  const isEmpty = findBelow(walk, [...open, level], () => true, { left: Number.POSITIVE_INFINITY }) === false;
  if (pending && isEmpty) return { stored: false, reason: "nothing-below", ...because };
  return { ...stored(because), isEmpty, ...(pending && { isPartial: true }) };
}

function stored(because: Pick<Explanation, "at" | "rule">): Explanation {
  return { stored: true, reason: "rules", ...because };
}

/** Why a file that is selected cannot be stored all the same: it is opened as a backup opens it. */
export function unreadableFile(entry: Found["entry"]): TreeProblem | undefined {
  try {
    openContent(entry).close();
    return undefined;
  } catch (error) {
    if (error instanceof TreeProblemError) return error.problem;
    throw error;
  }
}
