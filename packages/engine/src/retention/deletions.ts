import { DoppelError } from "@doppel/base";
import { buildCollection, type Chain, formatTime, type ObjectName, type SetId } from "@doppel/format";
import { type Inventory, namesBySet, setKey } from "./inventory.ts";

/**
 * The names that go, in the order in which they go: a manifest makes a set, so wherever deleting stops, a set that has lost
 * anything has lost its manifest, and is unfinished for every program. Signatures go before volumes, because archives of
 * which nothing else is left confuse stock (spec 1.5).
 */
export interface Deletions {
  /** One at a time: what depends on others goes before them. */
  readonly manifests: readonly string[];
  readonly signatures: readonly string[];
  /** Volumes and statistics. */
  readonly volumes: readonly string[];
  /** Files of the archive directory, after everything else. */
  readonly local: readonly string[];
  /** What the target has more of afterwards. */
  readonly bytes: number;
}

const STAGE = { manifest: "manifests", signatures: "signatures", volume: "volumes", jsonstat: "volumes" } as const;

/**
 * Everything of these sets, in this order of sets, and `local` beside their own copies in the archive directory.
 *
 * @param kept chains that have to be what they were.
 * @throws collection.inconsistent when they would not: sets that share a second could join a chain that they are not of
 */
export function deletionsOf(
  sets: readonly SetId[],
  inventory: Inventory,
  kept: readonly Chain[],
  local: readonly string[] = [],
): Deletions {
  const { objects, archive, prefixes } = inventory;
  const bySet = namesBySet(objects.keys(), prefixes);
  const stages = { manifests: [] as string[], signatures: [] as string[], volumes: [] as string[] };
  const keys = new Set(sets.map(setKey));
  let bytes = 0;
  for (const key of keys) {
    for (const { name, role } of inOrder(bySet.get(key) ?? [])) {
      stages[STAGE[role]].push(name);
      bytes += objects.get(name)?.size ?? 0;
    }
  }
  const gone = new Set([...stages.manifests, ...stages.signatures, ...stages.volumes]);
  refuseChanged(kept, buildCollection([...objects.keys()].filter((name) => !gone.has(name)), prefixes).chains);
  const copies = namesBySet(archive.map(({ name }) => name), prefixes);
  const own = [...keys].flatMap((key) => inOrder(copies.get(key) ?? []).map(({ name }) => name));
  return { ...stages, local: [...new Set([...own, ...local])], bytes };
}

function inOrder(objects: readonly ObjectName[]): readonly ObjectName[] {
  return [...objects].sort((a, b) => (a.volume ?? 0) - (b.volume ?? 0) || (a.name < b.name ? -1 : 1));
}

function refuseChanged(before: readonly Chain[], after: readonly Chain[]): void {
  const left = new Set(after.map(chainKey));
  const changed = before.find((chain) => !left.has(chainKey(chain)));
  if (changed === undefined) return;
  const names = [changed.full.manifest!];
  const reason = "another chain has sets of the same second, and would take their place";
  const message = `nothing was deleted: the backup chain of ${formatTime(changed.start)} would not stay what it is; ${reason}. Move the sets of one of the two chains to a folder of their own`;
  throw new DoppelError("collection.inconsistent", message, { names, reason });
}

function chainKey({ full, incrementals }: Chain): string {
  return [full, ...incrementals].map(({ id }) => setKey(id)).join();
}
