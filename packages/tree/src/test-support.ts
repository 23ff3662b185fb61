/** What the tests of this package share. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { type BytePath, joinPath, pathFromText, pathToBytes } from "@doppel/base";

/** A new empty directory, and what removes it. */
export function makeScratch(): { readonly path: BytePath; readonly remove: () => void } {
  const directory = mkdtempSync(`${tmpdir()}/doppel-tree-`);
  return { path: pathFromText(directory), remove: () => void spawnSync("rm", ["-rf", directory]) }; // rm alone can remove what is deeper than PATH_MAX
}

/**
 * Makes objects below `root`, parents included: `a/b` a file that holds its own path, `a/` a directory,
 * `a -> b` a symlink.
 */
export function makeTree(root: BytePath, ...objects: readonly string[]): void {
  for (const object of objects) {
    const [name = "", target] = object.split(" -> ");
    const path = joinPath(root, name as BytePath);
    const directory = target === undefined && name.endsWith("/") ? path : path.slice(0, path.lastIndexOf("/"));
    mkdirSync(pathToBytes(directory as BytePath), { recursive: true });
    if (target !== undefined) symlinkSync(pathToBytes(target as BytePath), pathToBytes(path));
    else if (!name.endsWith("/")) writeFileSync(pathToBytes(path), name, "latin1");
  }
}
/** Runs `body` without root's rights; its files must be reachable for others. Not root: just runs it. */
export function asNobody<T>(body: () => T): T {
  if (process.geteuid?.() !== 0) return body();
  const groups = process.getgroups!();
  process.setgroups!([]);
  process.setegid!(65534);
  process.seteuid!(65534);
  try {
    return body();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
    process.setgroups!(groups);
  }
}
