import { DoppelError } from "@doppel/base";
import { type BackupSet, buildCollection, type Chain, type NamePrefixes } from "@doppel/format";
import type { Target } from "../read/target.ts";

/** A set that is to be at the other target, too. */
export interface PlannedSet {
  readonly chain: Chain;
  readonly set: BackupSet;
  /** Of its objects those that are not there yet. */
  readonly missing: ReadonlySet<string>;
}

/** The names of a set's objects in the order of storing: volumes, signatures, manifest, index, receipt. */
export function namesOf(set: BackupSet): readonly string[] {
  return [...set.volumes.values(), set.signatures, set.manifest, set.index, set.receipt].filter((name) => name !== undefined);
}

/**
 * The sets of all chains that have a state at or after `since`, in order of time. Nothing else is worth a copy: unfinished,
 * orphaned and superseded sets restore nothing.
 *
 * @throws storage.exists when the other target has another object under one of the names
 * @throws collection.inconsistent when it has such a set already, under other names
 */
export function planReplication(
  from: Target,
  to: { readonly label: string; readonly sizes: ReadonlyMap<string, number> },
  prefixes: NamePrefixes,
  since?: Date,
): readonly PlannedSet[] {
  const planned = from.collection.chains
    .filter(({ end }) => since === undefined || end >= since)
    .flatMap((chain) => [chain.full, ...chain.incrementals].map((set) => ({ chain, set })))
    .sort((a, b) => a.set.id.end.getTime() - b.set.id.end.getTime())
    .map(({ chain, set }): PlannedSet => {
      const missing = new Set(namesOf(set).filter((name) => !isThere(name, from, to)));
      return { chain, set, missing };
    });
  refuseMixture(planned, to, prefixes);
  return planned;
}

function isThere(
  name: string,
  from: Target,
  to: { readonly label: string; readonly sizes: ReadonlyMap<string, number> },
): boolean {
  const size = to.sizes.get(name);
  if (size === undefined) return false;
  if (size === from.sizes.get(name)) return true;
  const message = `${to.label} already has a ${name}, of ${size} instead of ${from.sizes.get(name)} bytes: nothing was copied and nothing replaced. Use another target, or move that object away`;
  throw new DoppelError("storage.exists", message, { name });
}

/** The same volume as `….gz` and `….gpg`, say: together they would be a set that nobody can trust. */
function refuseMixture(
  planned: readonly PlannedSet[],
  to: { readonly label: string; readonly sizes: ReadonlyMap<string, number> },
  prefixes: NamePrefixes,
): void {
  const ours = new Set(planned.flatMap(({ missing }) => [...missing]));
  const { conflicts } = buildCollection([...to.sizes.keys(), ...ours], prefixes);
  const conflict = conflicts.find(
    ({ ambiguous, names }) => ambiguous && names.some((name) => to.sizes.has(name)) && names.some((name) => ours.has(name)),
  );
  if (conflict === undefined) return;
  const { names, reason } = conflict;
  const message = `${to.label} has a backup of the same time under other names (${names.join(", ")}): nothing was copied; use another target`;
  throw new DoppelError("collection.inconsistent", message, { names, reason });
}
