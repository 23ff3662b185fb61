import type { BackupSet, Collection } from "@doppel/format";
import { wasFinished } from "./finished.ts";

/**
 * Why a complete increment is in no chain. What it builds on is not there (`missing`); is there, but without its manifest
 * (`lost-manifest`); has been replaced by a later increment from the same start (`replaced`); is in a chain that goes on
 * with others (`overtaken`). Or what it builds on is itself in no chain for that reason.
 */
export type Obstacle = "missing" | "lost-manifest" | "replaced" | "overtaken";

/** A complete increment that is in no chain. */
export interface OrphanedSet {
  /** Its objects by name. */
  readonly set: BackupSet;
  /** Why it is in none. */
  readonly obstacle: Obstacle;
}

/** What is in no chain, by what became of it. Each by end time. */
export interface LooseEnds {
  /** Without a manifest, and nothing complete builds on it: an interrupted run left it, or it is being made. */
  readonly unfinished: readonly BackupSet[];
  /** Without a manifest, though a complete increment builds on it or it has a receipt: it was finished, and its manifest would revive it. */
  readonly lostManifest: readonly BackupSet[];
  readonly orphaned: readonly OrphanedSet[];
}

/**
 * Tells a lost manifest from a run that was interrupted. A run stores volumes, signatures and manifest in this order, and
 * only what has a manifest is ever continued (spec 1.5): so what a complete increment builds on once had one.
 * A set whose own beginning is missing is of no use with a manifest either: it counts as unfinished. But a receipt, which is
 * stored last, proves that a set was finished: it names what has to be there, and is not to be lost with it. (An index proves as much; but who makes none of our receipts
 * expects cleanup to take what stock takes.)
 */
export function looseEnds({ chains, superseded, incomplete, orphaned }: Collection): LooseEnds {
  /** What stands in the way of a set that starts at this time. */
  const obstacles = new Map<number, Obstacle>();
  for (const { id } of superseded) obstacles.set(id.end.getTime(), "replaced");
  for (const { full, incrementals } of chains)
    for (const { id } of [full, ...incrementals]) obstacles.set(id.end.getTime(), "overtaken");
  /** Those that go back to a full set, or to one that lacks only its manifest. */
  const rooted = new Map<BackupSet, Obstacle | undefined>();
  for (const set of [...incomplete, ...orphaned].sort(oldestFirst)) {
    const obstacle = obstacles.get(set.id.start.getTime());
    if (set.id.kind === "inc" && obstacle === undefined) continue;
    rooted.set(set, obstacle);
    const above = set.manifest === undefined ? "lost-manifest" : obstacle;
    if (above !== undefined && !obstacles.has(set.id.end.getTime())) obstacles.set(set.id.end.getTime(), above);
  }
  const starts = new Set(orphaned.filter((set) => rooted.has(set)).map(({ id }) => id.start.getTime()));
  // From the newest on, so that one that is needed makes the one below it needed.
  const lost = new Set<BackupSet>();
  for (const set of [...incomplete].sort(oldestFirst).reverse()) {
    if (!rooted.has(set) || !starts.has(set.id.end.getTime())) continue;
    lost.add(set);
    starts.add(set.id.start.getTime());
  }
  const hadManifest = (set: BackupSet): boolean => lost.has(set) || (set.receipt !== undefined && wasFinished(set));
  return {
    unfinished: incomplete.filter((set) => !hadManifest(set)),
    lostManifest: incomplete.filter(hadManifest),
    orphaned: orphaned.map((set) => ({ set, obstacle: rooted.get(set) ?? "missing" })),
  };
}

function oldestFirst(a: BackupSet, b: BackupSet): number {
  return a.id.end.getTime() - b.id.end.getTime();
}
