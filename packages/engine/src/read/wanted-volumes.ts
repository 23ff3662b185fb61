import { type BytePath, comparePaths } from "@doppel/base";
import { type Manifest, volumesFor } from "@doppel/format";

/** Which volumes of a set are read for some paths. */
export interface WantedVolumes {
  readonly manifest: Manifest;
  /** Numbers of those that by their bounds hold nothing that is wanted. */
  readonly beside: ReadonlySet<number>;
}

/**
 * The volumes of a manifest that can hold `wanted` or what is below it. Bounds are proven by nothing but the volumes themselves: a
 * manifest may be damaged, or another set's, and an older state would be taken for the newest, or files be missing, in silence.
 * With `careful` the volumes on both sides of a place where by the bounds there is nothing are read, too, if something wanted could
 * lie there: one wrong bound is made up for, and at least one volume of each set proves by its hash that the manifest is its own.
 */
export function volumesWanted(manifest: Manifest, wanted: readonly BytePath[], careful: boolean): WantedVolumes {
  const { volumes } = manifest;
  const needed = new Set(wanted.flatMap((path) => volumesFor(manifest, path)));
  const beside = new Set<number>();
  if (careful) {
    for (const path of wanted) {
      for (let at = 0; at <= volumes.length; at++) {
        const [left, right] = [volumes[at - 1], volumes[at]];
        if (!canLieBetween(path, left?.end.path, right?.start.path)) continue;
        for (const volume of [left, right]) if (volume && !needed.has(volume)) beside.add(volume.number);
      }
    }
  }
  return { manifest: { ...manifest, volumes: volumes.filter((info) => needed.has(info) || beside.has(info.number)) }, beside };
}

/** Whether `path` or something below it comes after `end` and before `start`; undefined: there is no such bound. */
function canLieBetween(path: BytePath, end: BytePath | undefined, start: BytePath | undefined): boolean {
  if (start !== undefined && comparePaths(path, start) >= 0) return false;
  return end === undefined || comparePaths(cut(end, path), path) <= 0;
}

/** To the depth of `like`. */
function cut(path: BytePath, like: BytePath): BytePath {
  const depth = like === "" ? 0 : like.split("/").length;
  return path.split("/").slice(0, depth).join("/") as BytePath;
}
