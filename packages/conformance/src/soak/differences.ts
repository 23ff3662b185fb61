import { compareTrees, isRoot, type TreeEntry } from "@doppel/testkit";
import type { Tree } from "./ledger.ts";

/** How a restored tree differs from what was promised; empty when it does not. */
export function differencesFrom(trees: readonly Tree[], found: Tree): readonly string[] {
  const [only, ...others] = trees;
  return others.length === 0 ? compareTrees(only!, found, { ignoreOwner: !isRoot }) : mixedDifferences(trees, found);
}

/** Every entry as one of the trees has it, nothing else, and all in which they agree. Folders may be half-way between. */
function mixedDifferences(trees: readonly Tree[], found: Tree): readonly string[] {
  const states = trees.map((tree) => new Map(tree.map((entry) => [entry.path, entry])));
  const formsOf = (path: TreeEntry["path"]): readonly TreeEntry[] => states.flatMap((state) => state.get(path) ?? []);
  const differences: string[] = [];
  for (const entry of found) {
    const forms = formsOf(entry.path);
    const isKnown = forms.some((form) => (entry.type === "dir" ? form.type === "dir" : isSame(form, entry)));
    if (!isKnown) differences.push(`${entry.path} is ${JSON.stringify(entry)}, and was ${JSON.stringify(forms)}`);
  }
  const present = new Set(found.map(({ path }) => path));
  for (const { path } of trees[0]!) {
    const [first, ...others] = formsOf(path);
    const isSteady = others.length === trees.length - 1 && others.every((other) => isSame(first!, other));
    if (isSteady && !present.has(path)) differences.push(`missing, though it never changed: ${path}`);
  }
  return differences;
}

function isSame(one: TreeEntry, other: TreeEntry): boolean {
  return compareTrees([one], [other], { ignoreOwner: !isRoot }).length === 0;
}
