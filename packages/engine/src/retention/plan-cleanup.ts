import { type BackupSet, parseName, type SetId } from "@doppel/format";
import type { UnfinishedObject } from "@doppel/storage";
import { type Deletions, deletionsOf } from "./deletions.ts";
import { looseEnds, type OrphanedSet } from "../status/loose-ends.ts";
import { type Inventory, namesBySet, setKey } from "./inventory.ts";

/** How long nothing may have happened to a set before cleanup takes it for a leftover: a day. */
export const SAFETY_AGE_MS = 24 * 3600 * 1000;

export interface CleanupOptions {
  /**
   * What was stored, or is dated, within this time before now stays: it may be the backup that another machine is making.
   * Normally SAFETY_AGE_MS. 0 is stock's behaviour, for who knows that no backup is running.
   */
  readonly minimumAgeMs: number;
}

/** What is of no use at a target. */
export interface CleanupPlan {
  /** Sets without a manifest and receipt, on which nothing complete builds. By end time. */
  readonly incomplete: readonly BackupSet[];
  /** Complete increments of which the beginning is missing. By end time. */
  readonly orphaned: readonly BackupSet[];
  /** Signatures, statistics, indexes and receipts of which there is neither a volume nor a manifest. */
  readonly loose: readonly string[];
  /** Sets that may be in use: the same, but younger than the minimum age. */
  readonly recent: readonly BackupSet[];
  /**
   * Increments that a later one has replaced: unreachable, but they go with their chain only. Without one of them, stock
   * and doppel could join the sets around it differently (spec 1.5).
   */
  readonly superseded: readonly BackupSet[];
  /** Sets without a manifest that had one, because complete increments build on them or they have a receipt: it would revive them all. By end time. */
  readonly lostManifest: readonly BackupSet[];
  /** Complete increments that are in no chain, although all that they build on is there. By end time. */
  readonly unreachable: readonly OrphanedSet[];
  /** Uploads of objects of ours that were begun and never finished, which no listing shows. Oldest first. */
  readonly uploads: readonly UnfinishedObject[];
  /** Those that are younger than the minimum age: a backup may be sending them now. */
  readonly recentUploads: readonly UnfinishedObject[];
  /** What goes of all that, by name. */
  readonly deletions: Deletions;
}

/**
 * Plans what cleanup removes; no chain changes by it, and nothing goes that a manifest from another copy of the target, or
 * the removal of a fork, would make a backup again. In the archive directory it takes the copies of what it removes, what
 * interrupted runs left there (`.part` of stock, temporary files of doppel), and copies of sets that the target does not have;
 * the latter only when the target has a backup at all, so that an unmounted disk costs nothing. Signatures of a set that still
 * has a volume or a manifest are never taken alone. Temporary files at the target are not seen: a storage lists complete
 * objects only, and `unfinished` is what it knows of others; names that are not ours are left alone.
 */
export function planCleanup(
  inventory: Inventory,
  now: Date,
  options: CleanupOptions,
  unfinished: readonly UnfinishedObject[] = [],
): CleanupPlan {
  const { collection, objects, prefixes } = inventory;
  const bySet = namesBySet(objects.keys(), prefixes);
  const before = now.getTime() - options.minimumAgeMs;
  const isOld = (id: SetId): boolean =>
    id.end.getTime() <= before &&
    (bySet.get(setKey(id)) ?? []).every(({ name }) => (objects.get(name)?.modified?.getTime() ?? 0) <= before);

  const ends = looseEnds(collection);
  const [useless, unreachable] = split(ends.orphaned, ({ obstacle }) => obstacle === "missing");
  const [incomplete, recentIncomplete] = split(ends.unfinished, ({ id }) => isOld(id));
  const [orphaned, recentOrphaned] = split(
    useless.map(({ set }) => set),
    ({ id }) => isOld(id),
  );
  const loose = looseSets(inventory, bySet).filter(isOld);
  // Newest first: an increment before what it was made on.
  const sets = [...[...orphaned].reverse(), ...[...incomplete].reverse()].map(({ id }) => id).concat(loose);
  const ours = unfinished.filter(({ name }) => parseName(name, prefixes) !== undefined);
  const [uploads, recentUploads] = split(
    ours.sort((a, b) => a.begun.getTime() - b.begun.getTime()),
    ({ begun }) => options.minimumAgeMs === 0 || begun.getTime() <= before, // the target's clock may be ahead
  );
  const local = localLeftovers(inventory, bySet, before);
  return {
    incomplete,
    orphaned,
    loose: loose.flatMap((id) => (bySet.get(setKey(id)) ?? []).map(({ name }) => name)),
    recent: [...recentIncomplete, ...recentOrphaned],
    superseded: collection.superseded,
    lostManifest: ends.lostManifest,
    unreachable,
    uploads,
    recentUploads,
    deletions: deletionsOf(sets, inventory, collection.chains, local),
  };
}

/** Sets of which there is neither a volume nor a manifest. */
function looseSets({ collection }: Inventory, bySet: ReturnType<typeof namesBySet>): readonly SetId[] {
  const { chains, incomplete, orphaned, superseded } = collection;
  const inChains = chains.flatMap(({ full, incrementals }) => [full, ...incrementals]);
  const known = new Set([...inChains, ...incomplete, ...orphaned, ...superseded].map(({ id }) => setKey(id)));
  const loose: SetId[] = [];
  for (const [key, [first, ...rest]] of bySet) {
    if (first === undefined || known.has(key)) continue;
    if ([first, ...rest].every(({ role }) => role !== "volume" && role !== "manifest")) loose.push(first.set);
  }
  return loose;
}

function localLeftovers(inventory: Inventory, bySet: ReturnType<typeof namesBySet>, before: number): readonly string[] {
  const { collection, archive, prefixes } = inventory;
  return archive.flatMap(({ name, modified }) => {
    if (modified.getTime() > before) return [];
    if (name.startsWith(".doppel-")) return [name];
    const object = parseName(name, prefixes);
    if (object === undefined) return [];
    const isGone = collection.chains.length > 0 && !bySet.has(setKey(object.set));
    return object.partial || isGone ? [name] : [];
  });
}

function split<T>(items: readonly T[], test: (item: T) => boolean): readonly [T[], T[]] {
  const sides: [T[], T[]] = [[], []];
  for (const item of items) sides[test(item) ? 0 : 1].push(item);
  return sides;
}
