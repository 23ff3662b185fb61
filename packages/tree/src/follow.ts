import { type BytePath, joinPath, ROOT } from "@doppel/base";
import type { Explanation } from "./explain.ts";
import type { DecidingRule, ExplainedRules } from "./rules/rules.ts";
import type { SourceEntry, TreeProblem } from "./source.ts";
import type { Found, Level, Walk } from "./walk.ts";

/** What the walk met last and could not select. */
export class LastProblem {
  last: TreeProblem | undefined;
  readonly note = (problem: TreeProblem): void => {
    this.last = problem;
  };
}

/** The walk's way to a path, with the folders that are open then; or why it does not get there. */
export function follow(
  walk: Walk,
  rules: ExplainedRules,
  path: BytePath,
  problems: LastProblem,
): { readonly found: Found; readonly open: readonly Level[] } | { readonly refused: Explanation } {
  let found: Found = walk.root();
  const open: Level[] = [];
  const names = path === ROOT ? [] : (path.split("/") as BytePath[]);
  for (const [depth, name] of names.entries()) {
    const above = found.entry;
    if (found.level === undefined) {
      const reason = above.type === "symlink" ? "below-link" : "not-a-folder";
      return { refused: { stored: false, reason, at: above.path } };
    }
    open.push(found.level);
    const at = joinPath(above.path, name);
    const { listed } = found.level;
    const next = listed?.below.get(name);
    if (listed !== undefined && next === undefined) return { refused: { stored: false, reason: "not-listed", at } };
    problems.last = undefined;
    const visited = walk.visit(at, open, next);
    if (visited === undefined) return { refused: refusal(walk, rules, at, names.slice(depth + 1), problems.last) };
    found = visited;
  }
  return { found, open };
}

/**
 * Whether anything that is stored below the last of these folders is what `isIt` looks for; undefined when that took more entries than
 * are left.
 */
export function findBelow(
  walk: Walk,
  open: readonly Level[],
  isIt: (entry: SourceEntry) => boolean,
  budget: { left: number },
): boolean | undefined {
  const level = open.at(-1)!;
  for (const name of level.names as readonly BytePath[]) {
    if (budget.left-- <= 0) return undefined;
    const found = walk.visit(joinPath(level.entry.path, name), open, level.listed?.below.get(name));
    if (found === undefined) continue;
    if (!found.pending && isIt(found.entry)) return true;
    const below = found.level && findBelow(walk, [...open, found.level], isIt, budget);
    if (below === true || (found.level !== undefined && below === undefined)) return below;
  }
  return false;
}

/** Why `at` is not selected; `rest` are the names below it that were asked for. */
function refusal(
  walk: Walk,
  rules: ExplainedRules,
  at: BytePath,
  rest: readonly BytePath[],
  problem: TreeProblem | undefined,
): Explanation {
  // The walk has judged by the path alone what is not there: with what would be there, the verdict may be another.
  if (problem?.reason === "vanished" || !walk.isThere(at)) {
    const missing: TreeProblem = { reason: "vanished", path: at, incomplete: true, detail: "it is not there" };
    return { stored: false, reason: "problem", at, problem: problem ?? missing, ...wouldBe(walk, rules, at, rest) };
  }
  const { verdict, rule } = walk.explain(at, rules, "file");
  const because = { stored: false, at, ...(rule && { rule }) };
  if (problem !== undefined) return { ...because, reason: "problem", problem };
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
