import { compareTrees, isRoot } from "@doppel/testkit";
import type { Tree } from "./ledger.ts";

/** How a restored tree differs from what was promised; empty when it does not. */
export function differencesFrom(trees: readonly Tree[], found: Tree): readonly string[] {
  const [only, ...others] = trees;
  return others.length === 0 ? compareTrees(only!, found, { ignoreOwner: !isRoot }) : mixedDifferences(trees, found);
}

/** Every entry as one of the trees has it, nothing else, and all in which they agree. Folders may be half-way between. */
function mixedDifferences(trees: readonly Tree[], found: Tree): readonly string[] {
  const states = new Map<string, { count: number; readonly forms: Set<string> }>();
  for (const tree of trees) {
    for (const entry of tree) {
      const state = states.get(entry.path) ?? { count: 0, forms: new Set<string>() };
      state.count++;
      state.forms.add(JSON.stringify(entry));
      states.set(entry.path, state);
    }
  }
  const differences: string[] = [];
  const present = new Set<string>();
  for (const entry of found) {
    present.add(entry.path);
    const state = states.get(entry.path);
    if (state === undefined) differences.push(`${entry.path}: in none of ${trees.length} states of the source`);
    else if (entry.type !== "dir" && !state.forms.has(JSON.stringify(entry)))
      differences.push(`${entry.path}: ${JSON.stringify(entry)}, not one of ${[...state.forms].join(" ")}`);
  }
  for (const [path, { count, forms }] of states)
    if (count === trees.length && forms.size === 1 && !present.has(path))
      differences.push(`${path}: missing, though it never changed`);
  return differences;
}
