import type { RunEvent } from "@doppel/base";
import { type BackupSet, formatTime, type Manifest } from "@doppel/format";
import { wasFinished } from "../status/finished.ts";
import type { Target } from "./target.ts";

/** Told what a state lacks, which is then not all that was asked for. */
export interface LeftOutObserver {
  notice(notice: Notice): void;
}

/** Something to tell about a run, or about one path. */
export type Notice = Omit<Extract<RunEvent, { type: "notice" }>, "type">;

/**
 * Tells of increments between the state that is used and the one that was asked for (`time`; the latest when undefined):
 * they build on a set that is missing or has no manifest, so that an older state is the best there is (spec 1.5).
 */
export function tellOfOrphans({ collection }: Target, sets: readonly BackupSet[], observer: LeftOutObserver, time?: Date): void {
  const used = sets.at(-1)!.id.end;
  const orphans = collection.orphaned.filter(({ id }) => id.end > used && (time === undefined || id.end <= time));
  const newest = orphans.at(-1);
  if (!newest) return;
  const which = orphans.length === 1 ? "1 later backup" : `${orphans.length} later backups`;
  const span = orphans.length === 1 ? `of ${formatTime(newest.id.end)}` : `up to ${formatTime(newest.id.end)}`;
  const detail = `${which}, ${span}, cannot be used, because a backup before is missing or has no manifest: this is the state of ${formatTime(used)}; \`status\` shows what there is`;
  observer.notice({ reason: "foreign-set", incomplete: true, detail });
}

/** Tells of increments that another one from the same backup has taken the place of: no duplicity reaches them any more (spec 1.5). */
export function tellOfSuperseded(
  { collection }: Target,
  sets: readonly BackupSet[],
  observer: LeftOutObserver,
  time?: Date,
): void {
  if (time === undefined) return; // then the one that took its place is used
  const used = sets.at(-1)!.id.end;
  const newest = collection.superseded.filter(({ id }) => id.end > used && id.end <= time).at(-1);
  if (!newest) return;
  const detail = `the backup of ${formatTime(newest.id.end)} cannot be used, because another machine has made a later one from the same backup: this is the state of ${formatTime(used)}; in a copy of the target without the later one it can be`;
  observer.notice({ reason: "foreign-set", incomplete: true, detail });
}

/**
 * Tells of a finished backup between the state that is used and the one that was asked for that has lost its manifest: its
 * index or receipt, which are stored after it, say that it was finished.
 */
export function tellOfLostManifests(
  { collection }: Target,
  sets: readonly BackupSet[],
  observer: LeftOutObserver,
  time?: Date,
): void {
  const used = sets.at(-1)!.id.end;
  const lost = finishedWithoutManifest(collection).filter(({ id }) => id.end > used && (time === undefined || id.end <= time));
  const newest = lost.at(-1);
  if (!newest) return;
  const more = lost.length === 1 ? "" : ` (and ${lost.length - 1} more before it)`;
  const detail = `the backup of ${formatTime(newest.id.end)}${more} was finished, as its ${newest.receipt ? "receipt" : "index"} says, but its manifest is missing: this is the older state of ${formatTime(used)}; put the manifest back from a copy of the target`;
  observer.notice({ reason: "foreign-set", incomplete: true, detail });
}

/** Where no time was asked for, the clock says what the latest is: tells of backups that it puts into the future, which are not used. */
export function tellOfFuture(
  { collection }: Target,
  sets: readonly BackupSet[],
  observer: LeftOutObserver,
  now: Date,
  time?: Date,
): void {
  const used = sets.at(-1)!.id.end;
  const later = collection.chains.flatMap(({ full, incrementals }) => [full, ...incrementals]).filter(({ id }) => id.end > now);
  const newest = later.map(({ id }) => id.end).reduce((a, b) => (b > a ? b : a), used);
  if (time !== undefined || newest <= used) return;
  const detail = `the clock here says ${formatTime(now)}, and there are later backups, up to ${formatTime(newest)}: this is the state of ${formatTime(used)}; --time ${formatTime(newest)} names the newest`;
  observer.notice({ reason: "time", incomplete: false, detail });
}

/** By end time. */
export function finishedWithoutManifest({ incomplete }: Target["collection"]): readonly BackupSet[] {
  return incomplete.filter(wasFinished);
}

/**
 * Tells of backups behind the state that is used that have no manifest, and nothing that says that they were finished: an interrupted
 * run leaves such a one, and nothing is wrong then.
 */
export function tellOfUnfinished(
  { collection }: Target,
  sets: readonly BackupSet[],
  observer: LeftOutObserver,
  time?: Date,
): void {
  const used = sets.at(-1)!.id.end;
  const finished = new Set(finishedWithoutManifest(collection));
  const newer = collection.incomplete.filter(
    (set) => !finished.has(set) && set.id.end > used && (time === undefined || set.id.end <= time),
  );
  for (const { id } of newer.slice(-MOST_TOLD)) {
    const detail = `the backup of ${formatTime(id.end)} is not used: it has no manifest: it was not finished, or its manifest is lost. This is the state of ${formatTime(used)}`;
    observer.notice({ reason: "foreign-set", incomplete: false, detail });
  }
}

const MOST_TOLD = 3;

/** Tells of volumes that the set's whole manifest does not name: nobody knows what they hold, so they are not read (spec 2.4). */
export function tellOfUnnamedVolumes(set: BackupSet, { volumes }: Manifest, observer: LeftOutObserver): void {
  const named = new Set(volumes.map(({ number }) => number));
  const unnamed = [...set.volumes].filter(([number]) => !named.has(number)).map(([, name]) => name);
  const first = unnamed[0];
  if (first === undefined) return;
  const more = unnamed.length > 1 ? ` and ${unnamed.length - 1} more` : "";
  const detail = `${first}${more}: at the target, but not in the manifest of the set, and not used; if the manifest was cut off, files are missing here: look for another copy of it`;
  observer.notice({ reason: "metadata", incomplete: true, detail });
}
