import { type BytePath, joinPath, ROOT } from "@doppel/base";
import { openContent } from "./content.ts";
import { OwnerNames } from "./owners.ts";
import type { DecidingRule, ExplainedRules } from "./rules/rules.ts";
import { type TreeProblem, TreeProblemError } from "./source.ts";
import { type Found, type Level, Walk } from "./walk.ts";

/** Whether a backup made now would have a path in it, and why. Paths are relative to the source. */
export interface Explanation {
  readonly stored: boolean;
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
  readonly problem?: TreeProblem;
  /** Of what is not there: what the rules say of such a path (as of a file). */
  readonly byRules?: "include" | "exclude";
  /** Of a folder that is stored: whether anything in it is, too. */
  readonly isEmpty?: boolean;
}

export interface ExplainOptions {
  readonly rules: ExplainedRules;
  readonly copyLinks?: boolean;
}

/**
 * Follows a walk of `source` (as `normaliseSource` gives it) to `path` and nothing else, so that it is the walk that decides. A
 * folder of which only something below may be selected is walked until something is.
 * @throws DoppelError source.missing, source.unreadable (the source itself)
 */
export function explainPath(source: BytePath, path: BytePath, { rules, copyLinks = false }: ExplainOptions): Explanation {
  const met: { problem?: TreeProblem | undefined } = {};
  const onProblem = (problem: TreeProblem): void => {
    met.problem = problem;
  };
  const walk = new Walk(source, { rules, owners: OwnerNames.system(), onProblem, copyLinks });
  let found: Found = walk.root();
  const open: Level[] = [];
  const names = path === ROOT ? [] : (path.split("/") as BytePath[]);
  for (const [depth, name] of names.entries()) {
    const above = found.entry;
    if (found.level === undefined) {
      return { stored: false, reason: above.type === "symlink" ? "below-link" : "not-a-folder", at: above.path };
    }
    open.push(found.level);
    const at = joinPath(above.path, name);
    const { listed } = found.level;
    const next = listed?.below.get(name);
    if (listed !== undefined && next === undefined) return { stored: false, reason: "not-listed", at };
    met.problem = undefined;
    const visited = walk.visit(at, open, next);
    if (visited === undefined) return refusal(walk, rules, at, names.slice(depth + 1), met.problem);
    found = visited;
  }
  const { entry, pending, level } = found;
  const rule = path === ROOT ? undefined : walk.explain(path, rules, "file").rule;
  const because = { at: path, ...(rule && { rule }) };
  if (level === undefined) {
    const unreadable = entry.type === "file" ? unreadableFile(entry) : undefined;
    return unreadable ? { stored: false, reason: "problem", ...because, problem: unreadable } : stored(because);
  }
  const isEmpty = !hasSelected(walk, [...open, level]);
  if (pending && isEmpty) return { stored: false, reason: "nothing-below", ...because };
  return { ...stored(because), isEmpty };
}

function stored(because: Pick<Explanation, "at" | "rule">): Explanation {
  return { stored: true, reason: "rules", ...because };
}

/** Why `at` is not selected; `rest` are the names below it that were asked for. */
function refusal(
  walk: Walk,
  rules: ExplainedRules,
  at: BytePath,
  rest: readonly BytePath[],
  problem: TreeProblem | undefined,
): Explanation {
  const { verdict, rule } = walk.explain(at, rules, rest.length > 0 ? "dir" : "file");
  const because = { stored: false, at, ...(rule && { rule }) };
  if (problem !== undefined) {
    if (problem.reason !== "vanished") return { ...because, reason: "problem", problem };
    return { ...because, reason: "problem", problem, ...wouldBe(walk, rules, at, rest) };
  }
  if (verdict === "exclude") return { ...because, reason: "rules" };
  const marker = walk.namesIn(at).find((name) => rules.excludesDirectory([name]));
  if (marker !== undefined) return { stored: false, reason: "marker", at, marker };
  // What is no folder has nothing below it that could be included.
  return { ...because, reason: verdict === "scan" ? "nothing-below" : "rules" };
}

/** What the rules say of a path that is not there: the first of its folders that is excluded takes it along. */
function wouldBe(
  walk: Walk,
  rules: ExplainedRules,
  at: BytePath,
  rest: readonly BytePath[],
): Pick<Explanation, "byRules"> & { readonly rule?: DecidingRule } {
  let path = at;
  for (let depth = 0; ; depth++) {
    const isLast = depth === rest.length;
    const { verdict, rule } = walk.explain(path, rules, isLast ? "file" : "dir");
    const because = rule && { rule };
    if (verdict === "exclude" || (isLast && verdict === "scan")) return { byRules: "exclude", ...because };
    if (isLast) return { byRules: "include", ...because };
    path = joinPath(path, rest[depth]!);
  }
}

/** Whether anything below the last of these folders is stored; looks no further than to the first. */
function hasSelected(walk: Walk, open: readonly Level[]): boolean {
  const level = open.at(-1)!;
  for (const name of level.names as readonly BytePath[]) {
    const found = walk.visit(joinPath(level.entry.path, name), open, level.listed?.below.get(name));
    if (found === undefined) continue;
    if (!found.pending || (found.level !== undefined && hasSelected(walk, [...open, found.level]))) return true;
  }
  return false;
}

function unreadableFile(entry: Found["entry"]): TreeProblem | undefined {
  try {
    openContent(entry).close();
    return undefined;
  } catch (error) {
    if (error instanceof TreeProblemError) return error.problem;
    throw error;
  }
}
