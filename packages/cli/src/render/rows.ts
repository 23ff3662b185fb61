import type { BytePath } from "@doppel/base";
import type { FoundVersion, Obstacle } from "@doppel/engine/internal";
import type { Row } from "./renderer.ts";
import { byteText } from "./sizes.ts";
import { localTime } from "./times.ts";

/** A line for people: text that says what, and the path that it is about, whose bytes the caller decides how to show. */
export interface RowText {
  readonly text: string;
  readonly path?: BytePath;
}

/** Above the rows of `find`; those of the others explain themselves. */
export const FIND_HEAD = `${"Backup".padEnd(26)} What    ${"Size".padStart(11)} ${"Date of the file".padEnd(26)} Path`;

/** Paths stand last, because they can be of any length and hold anything. */
export function rowText(row: Row): RowText {
  switch (row.kind) {
    case "entry":
      return { text: fileTime(row.entry.mtime), path: row.entry.path };
    case "version":
      return versionRow(row.version);
    case "compared":
      return { text: `--- ${localTime(row.from)}\n+++ ${localTime(row.to)}` };
    case "diff": {
      const { what, uncertain, path } = row.difference;
      return { text: `${what}${uncertain ? "?" : ""}`.padEnd(10), path };
    }
    case "set":
      return { text: `Changes in the ${setText(row.set)}` };
    case "change":
      return { text: row.change.kind.padEnd(7), path: row.change.path };
  }
}

/** `full backup of 2026-11-22 03:43:19 +01:00` */
export function setText({ kind, end }: FoundVersion["set"]): string {
  return `${kind === "full" ? "full backup" : "increment"} of ${localTime(end)}`;
}

/** Why increments with that obstacle are in no chain; it completes "orphaned:". */
export const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  missing: "a backup that it builds on is missing",
  "lost-manifest": "a backup that it builds on has lost its manifest",
  replaced: "it builds on a backup that a later one has replaced",
  overtaken: "it builds on a backup that other increments continue",
};

/** For a column of a table. */
export function setKind(kind: "full" | "inc"): string {
  return kind === "full" ? "full" : "increment";
}

function versionRow({ path, set, what, mtime, sizeRange }: FoundVersion): RowText {
  const size = sizeRange === undefined ? "" : sizeText(sizeRange);
  const date = mtime === undefined ? "" : fileTime(mtime);
  return { text: `${localTime(set.end)} ${what.padEnd(7)} ${size.padStart(11)} ${date.padEnd(26)}`, path };
}

/** Signatures tell the size up to one block: it is exact where that makes no difference to the eye, otherwise the most it can be. */
function sizeText({ min, max }: NonNullable<FoundVersion["sizeRange"]>): string {
  const most = byteText(max);
  return byteText(min) === most ? most : `<=${most}`;
}

function fileTime(seconds: number): string {
  return localTime(new Date(seconds * 1000));
}
