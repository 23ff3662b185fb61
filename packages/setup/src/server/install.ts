import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DoppelError, errnoOf } from "@doppel/base";
import type { ServerFile, ServerPlan } from "./plan.ts";
import { otherScheduler } from "./units.ts";

/** What would become of a file. */
export interface Installation {
  readonly file: ServerFile;
  /** Below the root that is written to. */
  readonly place: string;
  readonly state: "new" | "same" | "different";
  /** Its text now, if it is there. */
  readonly before?: string;
}

/** How the files compare with what is there. Changes nothing. @throws temp.unusable for what cannot be read */
export function planInstallation(files: readonly ServerFile[], root: string): readonly Installation[] {
  return files.map((file) => {
    const place = join(root, file.path);
    const before = readIfThere(place);
    if (before === undefined) return { file, place, state: "new" };
    const same = before === file.text && (file.adds === true || modeOf(place) === file.mode);
    return { file, place, state: same ? "same" : "different", before };
  });
}

/** @throws cli.usage when the server is backed up already, by the other kind of schedule: it would be twice every night */
export function checkOneScheduler(plan: ServerPlan, root: string): void {
  const { path, stop } = otherScheduler(plan);
  const place = join(root, path);
  if (readIfThere(place) === undefined) return;
  const message = `${place} is there already, and would back up a second time every night: first ${stop} ${place}; nothing was written`;
  throw new DoppelError("cli.usage", message, { option: "--scheduler" });
}

/** @throws cli.usage when something is there that differs, and may not be written over */
export function checkReplaces(plan: readonly Installation[], mayReplace: boolean): void {
  const differing = plan.filter(({ file, state }) => state === "different" && file.adds !== true);
  if (differing.length === 0 || mayReplace) return;
  const places = differing.map(({ place }) => place).join(", ");
  const message = `${places} ${differing.length === 1 ? "is" : "are"} there already, and different: --print shows the differences, --force replaces; nothing was written`;
  throw new DoppelError("cli.usage", message, { option: "--force" });
}

/**
 * Writes what is not the same already, each file whole or not at all; where there is no room for one of them, none.
 * @throws as `checkReplaces`; temp.unusable
 */
export function install(plan: readonly Installation[], mayReplace: boolean): void {
  checkReplaces(plan, mayReplace);
  const changed = plan.filter(({ state }) => state !== "same");
  const inPlace: string[] = [];
  let place = "";
  try {
    for (const each of changed) {
      place = each.place;
      writeFresh(place, each.file.text, each.file.adds === true ? modeOf(place) : each.file.mode);
    }
    for (const each of changed) {
      place = each.place;
      renameSync(freshName(place), place);
      inPlace.push(place);
    }
  } catch (error) {
    for (const each of changed) removeFresh(each.place);
    const reason = errnoOf(error) ?? "unknown error";
    const written = inPlace.length === 0 ? "nothing was written" : `written before it: ${inPlace.join(", ")}`;
    const message = `cannot write ${place} (${reason}): ${REMEDIES[reason] ?? "look at what is in its way"}; ${written}; --print shows what would be written`;
    throw new DoppelError("temp.unusable", message, { path: place }, error);
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: "run it as root",
  EPERM: "run it as root",
  ENOSPC: "the disk is full: make room there",
  EDQUOT: "the quota is used up: make room there",
  EROFS: "the file system is read-only: make it writable first",
};

/** A folder for one kind of file; those above it, where they are missing, are as folders of a system usually are. @throws temp.unusable */
export function makeFolder(place: string, mode: number): void {
  try {
    mkdirSync(dirname(place), { recursive: true, mode: 0o755 });
    mkdirSync(place, { recursive: true, mode });
  } catch (error) {
    throw new DoppelError("temp.unusable", `cannot make the folder ${place} (${errnoOf(error)})`, { path: place }, error);
  }
}

/** Beside the place where it belongs, on disk as far as space for it goes. */
function writeFresh(place: string, text: string, mode: number): void {
  const fresh = freshName(place);
  mkdirSync(dirname(place), { recursive: true, mode: 0o755 });
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode, flag: "wx", flush: true });
  chmodSync(fresh, mode); // the umask may have taken some of it
}

function removeFresh(place: string): void {
  try {
    rmSync(freshName(place), { force: true });
  } catch {
    // What stood in the way of writing stands in the way of this, too, and is what has to be told.
  }
}

function freshName(place: string): string {
  return `${place}.doppel-new`;
}

function modeOf(place: string): number {
  return lstatSync(place).mode & 0o777;
}

function readIfThere(place: string): string | undefined {
  try {
    return readFileSync(place, "utf8");
  } catch (error) {
    const reason = errnoOf(error);
    if (reason === "ENOENT" || reason === "ENOTDIR") return undefined;
    const message = `cannot look at ${place} (${reason}): run it as root`;
    throw new DoppelError("temp.unusable", message, { path: place }, error);
  }
}
