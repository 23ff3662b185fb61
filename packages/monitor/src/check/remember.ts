import type { BackupSet, SetId } from "@doppel/format";
import type { Memory, ReceiptDigest, RememberedSet } from "../state/memory.ts";
import type { Expected, Listed } from "./damage.ts";
import { isToCome } from "../judge/case.ts";
import { keyOf, type SetFacts } from "./facts.ts";

/** So many of the newest sets are remembered, besides those of the newest chain; and so many objects of all of them together. */
const SETS = 20;
const OBJECTS = 50_000;

interface Seen {
  /** Sets of the chain that the newest backup is in. */
  readonly current: ReadonlySet<BackupSet>;
  readonly facts: ReadonlyMap<BackupSet, SetFacts>;
  readonly expected: ReadonlyMap<BackupSet, Expected>;
  readonly listing: ReadonlyMap<string, Listed>;
}

/** Tells sets that no look before has seen from those that were seen, or are so old that they are not remembered. */
export function isUnseen(before: Memory): (id: SetId) => boolean {
  const known = new Set(before.sets.map(keyOf));
  const oldest = before.sets[SETS - 1];
  return (id) => !known.has(keyOf(id)) && (oldest === undefined || id.end > oldest.end);
}

/** What the next look has to know of this one. @param sets  newest first */
export function remember(
  before: Memory,
  now: Date,
  sets: readonly BackupSet[],
  { current, facts, expected, listing }: Seen,
): Memory {
  const remembered: RememberedSet[] = [];
  const known = new Map(before.sets.map((set) => [keyOf(set), set]));
  let room = OBJECTS;
  for (const [i, set] of sets.entries()) {
    if (i >= SETS && !current.has(set)) continue;
    const { damage, receipt, recipients, storedBytes } = facts.get(set)!;
    const earlier = known.get(keyOf(set.id));
    // Without a receipt a set is what it was when it was first seen whole.
    const whole = damage.length === 0 ? expectedFrom(set, listing) : undefined;
    const objects = withTimes(expected.get(set), listing) ?? whole;
    room -= objects === undefined ? 0 : Object.keys(objects).length;
    const digest = receipt ?? earlier?.receipt;
    remembered.push({
      kind: set.id.kind,
      start: set.id.start,
      end: set.id.end,
      storedBytes: earlier?.storedBytes ?? storedBytes,
      ...(objects && room >= 0 && { objects }),
      ...(recipients !== undefined && { recipients }),
      ...(digest && { receipt: i < SETS ? digest : withoutFolders(digest) }),
    });
  }
  // A backup that was the newest and is gone is not forgotten before there is a newer one. There will be none soon that is newer
  // than one from the future.
  const newest = sets[0]?.id.end;
  const gone = before.sets.filter(({ end }) => (newest === undefined || end > newest) && !isToCome(end, now));
  return { ...before, lastChecked: now, sets: [...gone.slice(0, SETS), ...remembered] };
}

/** All of a set but its receipt. */
export function namesOf({ volumes, manifest, signatures, index }: BackupSet): readonly string[] {
  return [...volumes.values(), ...[signatures, manifest, index].filter((name) => name !== undefined)];
}

function expectedFrom(set: BackupSet, listing: ReadonlyMap<string, Listed>): Expected {
  return Object.fromEntries(
    namesOf(set).map((name) => {
      const { size, modified } = listing.get(name)!;
      return [name, [size, modified?.getTime() ?? 0] as [number, number]];
    }),
  );
}

/** An object that only a receipt has told of gets its time when it is seen as the receipt has it. */
function withTimes(expected: Expected | undefined, listing: ReadonlyMap<string, Listed>): Expected | undefined {
  if (expected === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(expected).map(([name, [size, stored]]) => {
      const found = listing.get(name);
      const seen = stored === 0 && found?.size === size ? (found.modified?.getTime() ?? 0) : stored;
      return [name, [size, seen] as [number, number]];
    }),
  );
}

/** They serve to compare neighbours. */
function withoutFolders(digest: ReceiptDigest): ReceiptDigest {
  const { folders: _, ...rest } = digest;
  return rest;
}
