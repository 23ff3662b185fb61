import { realpathSync } from "node:fs";
import { type BytePath, displayPath, isWithin, joinPath, pathFromBytes, pathToBytes, ROOT } from "@doppel/base";
import type { BackupJob } from "@doppel/engine/internal";
import { type Environment, folderOf } from "./locations.ts";
import { pasteable } from "./pasteable.ts";
import { willStore } from "./wire.ts";

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

/** Whether two targets are one, by different names perhaps. */
export function isSameTarget(a: BytePath, b: BytePath, environment: Environment): boolean {
  const [folderA, folderB] = [folderOf(a, environment), folderOf(b, environment)];
  if (folderA === undefined || folderB === undefined) return a === b;
  return realPath(folderA) === realPath(folderB);
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
