import type { BackupSet, Chain, Collection } from "@doppel/format";

/** Sets that are no part of a chain, but were made on top of it: nothing else explains their start. */
export interface Hanging {
  /** Complete ones: useless when the chain is gone. What has to go first comes first. */
  readonly complete: readonly BackupSet[];
  /** Increments without a manifest, which are perhaps being written or have lost it, and what was made on top of those. */
  readonly waiting: readonly BackupSet[];
}

/**
 * What hangs on these chains and on no other. Such a set would come to life when increments of the chain are deleted, so
 * it has to go before them: first the orphaned, which no chain's outcome depends on, then the superseded, newest first.
 */
export function hangingOn(chains: readonly Chain[], collection: Collection): Hanging {
  const ours = new Set(chains);
  const [ends, otherEnds] = [new Set<number>(), new Set<number>()];
  for (const chain of collection.chains)
    for (const { id } of setsOf(chain)) (ours.has(chain) ? ends : otherEnds).add(id.end.getTime());
  const hangs = ({ id }: BackupSet): boolean =>
    id.kind === "inc" && ends.has(id.start.getTime()) && !otherEnds.has(id.start.getTime());
  const found = new Set<BackupSet>();
  for (const set of [...collection.orphaned, ...collection.superseded].sort(oldestFirst)) {
    if (!hangs(set)) continue;
    found.add(set);
    ends.add(set.id.end.getTime()); // and what was made on top of this one
  }
  const newestFirst = (sets: readonly BackupSet[]): readonly BackupSet[] =>
    sets
      .filter((set) => found.has(set))
      .sort(oldestFirst)
      .reverse();
  return {
    complete: [...newestFirst(collection.orphaned), ...newestFirst(collection.superseded)],
    waiting: waitingOn(hangs, collection),
  };
}

function waitingOn(hangs: (set: BackupSet) => boolean, { incomplete, orphaned }: Collection): readonly BackupSet[] {
  const ends = new Set<number>();
  return [...incomplete, ...orphaned].sort(oldestFirst).filter((set) => {
    const waits = (set.manifest === undefined && hangs(set)) || (set.id.kind === "inc" && ends.has(set.id.start.getTime()));
    if (waits) ends.add(set.id.end.getTime());
    return waits;
  });
}

/** The sets of a chain, oldest first. */
export function setsOf(chain: Chain): readonly BackupSet[] {
  return [chain.full, ...chain.incrementals];
}

function oldestFirst(a: BackupSet, b: BackupSet): number {
  return a.id.end.getTime() - b.id.end.getTime();
}
