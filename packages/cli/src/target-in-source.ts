import { readdirSync, realpathSync, statSync } from "node:fs";
import { type BytePath, displayPath, isWithin, joinPath, pathFromBytes, pathFromText, pathToBytes, ROOT } from "@doppel/base";
import type { BackupJob } from "@doppel/engine";
import { compileRules } from "@doppel/tree";
import { pasteable } from "./pasteable.ts";

/**
 * What to tell of a local target that lies inside the source of a backup; undefined when it does not, or the rules leave it
 * out. `target` is absolute.
 */
export function warningOfTargetInside(job: BackupJob, target: BytePath): string | undefined {
  const outer = realPath(job.source);
  const inner = realPath(target);
  if (!isWithin(inner, outer === "/" ? ROOT : outer)) return undefined;
  const relative = inner.slice(outer === "/" ? 1 : outer.length + 1) as BytePath;
  const where = `the target ${displayPath(target)}`;
  const consequence = "each backup will contain all earlier ones";
  if (relative === "") return `${where} is the source itself: ${consequence}; choose another folder`;
  if (!willStore(job, relative)) return undefined;
  const pattern = joinPath(job.source, relative).replace(/[*?[]/g, "[$&]") as BytePath;
  return `${where} lies inside the source: ${consequence}; exclude it with --exclude ${pasteable(pattern)}`;
}

/** Where a path leads; what is not there yet is where it will be made. */
function realPath(path: BytePath): BytePath {
  try {
    return pathFromBytes(realpathSync(pathToBytes(path), "buffer"));
  } catch {
    const above = path.replace(/\/*[^/]*\/*$/, "") || "/";
    if (above === path) return path;
    return joinPath(realPath(above as BytePath), path.slice(above.length).replaceAll("/", "") as BytePath);
  }
}

/** Whether a backup will store what lies in a folder below its source. `relative` is the folder's path from there. */
function willStore(job: BackupJob, relative: BytePath): boolean {
  const rules = compileRules(job.selection, {
    source: job.source,
    readFile: (name) => job.filelists.get(name) ?? new Uint8Array(),
    nullSeparator: job.nullSeparator,
    cannotMatch: "skip",
  });
  const rootDev = statSync(pathToBytes(job.source)).dev;
  let subject = { dev: rootDev, rootDev, mtime: Number.MAX_SAFE_INTEGER };
  let folder = job.source;
  for (const name of relative.split("/")) {
    folder = joinPath(folder, name as BytePath);
    try {
      const { dev, mtimeMs } = statSync(pathToBytes(folder));
      subject = { dev, rootDev, mtime: Math.floor(mtimeMs / 1000) };
      if (rules.excludesDirectory(readdirSync(pathToBytes(folder), "latin1"))) return false;
    } catch {
      // Not there yet, or not to be read: judged by its path.
    }
    if (rules.judge(folder, "dir", subject) === "exclude") return false;
  }
  const inside = joinPath(folder, pathFromText("duplicity-full.20260101T000000Z.vol1.difftar.gpg"));
  return rules.judge(inside, "file", { ...subject, mtime: Number.MAX_SAFE_INTEGER }) === "include";
}
