import { DoppelError } from "@doppel/base";
import { type BackupSet, buildCollection, chainAt, type Collection, formatTime, type NamePrefixes } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { finishedWithoutManifest } from "./left-out.ts";

/** What is at a target, from one listing. */
export interface Target {
  readonly collection: Collection;
  /** Stored size of every object that belongs to a backup, by name. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The class of every object that lies in an archive, by name: a copy of it may be there all the same. */
  readonly archived: ReadonlyMap<string, string>;
}

/** Lists the target and sorts what is there into sets and chains (spec 1.5). No object is read. */
export async function readTarget(storage: Storage, prefixes: NamePrefixes, signal: AbortSignal): Promise<Target> {
  const sizes = new Map<string, number>();
  const archived = new Map<string, string>();
  for await (const object of storage.list(prefixes.all, signal)) {
    sizes.set(object.name, object.size);
    if (object.archived) archived.set(object.name, object.archived.class);
  }
  return { collection: buildCollection(sizes.keys(), prefixes), sizes, archived };
}

/**
 * The sets that hold the state at `time` (the latest when undefined): a full set and the increments up to it. Before the
 * first backup it is the first one, as in duplicity: `set.opened` tells its time.
 * @throws collection.empty, collection.inconsistent, collection.ambiguous
 */
export function setsAt(target: Target, label: string, now: Date, time?: Date): readonly [BackupSet, ...BackupSet[]] {
  const { collection } = target;
  const [first, ...rest] = chainAt(collection, time ?? now)?.sets ?? [];
  if (first) {
    refuseConflicts(target, [first, ...rest], label);
    return [first, ...rest];
  }
  const lost = finishedWithoutManifest(collection).at(-1);
  if (lost) {
    const message = `${label} holds no complete backup: that of ${formatTime(lost.id.end)} was finished, as its receipt says, but its manifest is missing; put it back from a copy of the target`;
    throw new DoppelError("collection.empty", message, { target: label });
  }
  const incomplete = collection.incomplete.length;
  const which = incomplete === 1 ? "1 unfinished backup there has" : `${incomplete} unfinished backups there have`;
  const hint = incomplete > 0 ? `; ${which} no manifest and cannot be restored` : "";
  throw new DoppelError("collection.empty", `${label} holds no complete backup${hint}`, { target: label });
}

/** Two names for one thing: what such a set holds is not to be trusted. @throws collection.inconsistent */
export function refuseConflicts({ collection }: Target, sets: readonly BackupSet[], label: string): void {
  const names = new Set(sets.flatMap((set) => [...set.volumes.values(), set.manifest, set.signatures]));
  const conflict = collection.conflicts.find((found) => found.ambiguous && found.names.some((name) => names.has(name)));
  if (!conflict) return;
  const message = `${label}: ${conflict.reason}: ${conflict.names.join(", ")}; move the one that does not belong there away and try again`;
  throw new DoppelError("collection.inconsistent", message, conflict);
}

/** The one full set of a state, for a recipe, which knows no deltas. @throws collection.unsupported */
export function onlyFull(sets: readonly [BackupSet, ...BackupSet[]]): BackupSet {
  const [full, ...increments] = sets;
  const last = increments.at(-1);
  if (!last) return full;
  const at = formatTime(full.id.end);
  const top = increments.length === 1 ? "an incremental set" : `${increments.length} incremental sets`;
  const message = `the state of ${formatTime(last.id.end)} is a full set with ${top} on top, which gpg and tar alone cannot put together; --time ${at} gives the recipe for the full set`;
  throw new DoppelError("collection.unsupported", message, { set: formatTime(last.id.end), reason: "incremental" });
}
