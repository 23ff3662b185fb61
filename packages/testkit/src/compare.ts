import { comparePaths, displayPath } from "@doppel/base";
import type { TreeEntry } from "./scan.ts";

export interface CompareOptions {
  /** Not root, who alone can restore owners. */
  readonly ignoreOwner?: boolean;
  /** For readers that do not set times. */
  readonly ignoreMtime?: boolean;
}

/**
 * What differs between two trees, one line each, in order of path; empty when they are the same. Never compared, because
 * no duplicity keeps them: mode and mtime of symlinks, fractions of a second, and that names share an inode.
 */
export function compareTrees(
  expected: readonly TreeEntry[],
  actual: readonly TreeEntry[],
  options: CompareOptions = {},
): string[] {
  const want = new Map(expected.map((entry) => [entry.path, entry]));
  const have = new Map(actual.map((entry) => [entry.path, entry]));
  const paths = [...new Set([...want.keys(), ...have.keys()])].sort(comparePaths);
  return paths.flatMap((path) => {
    const [w, h] = [want.get(path), have.get(path)];
    if (h === undefined) return [`missing: ${displayPath(path)} (${w?.type})`];
    if (w === undefined) return [`unexpected: ${displayPath(path)} (${h.type})`];
    const [a, b] = [aspects(w, options), aspects(h, options)];
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
    return keys.map((key) => `${displayPath(path)}: ${key} is ${b[key] ?? "absent"}, expected ${a[key] ?? "absent"}`);
  });
}

function aspects(entry: TreeEntry, options: CompareOptions): Record<string, string | number> {
  const { type, mode, uid, gid, mtime, size, sha256, target, device } = entry;
  return {
    type,
    ...(type !== "symlink" && { mode: mode.toString(8).padStart(4, "0") }),
    ...(type !== "symlink" && !options.ignoreMtime && { mtime }),
    ...(!options.ignoreOwner && { uid, gid }),
    ...(size !== undefined && { size }),
    ...(sha256 !== undefined && { sha256 }),
    ...(target !== undefined && { target: JSON.stringify(target) }),
    ...(device !== undefined && { device: `${device.major}:${device.minor}` }),
  };
}
