import { DoppelError } from "@doppel/base";
import { buildCollection, type Chain, formatTime, type ObjectName, type SetId } from "@doppel/format";
import { type Inventory, namesBySet, setKey } from "./inventory.ts";

/**
 * The names that go, in the order in which they go: a manifest makes a set, so wherever deleting stops, a set that has lost
 * anything has lost its manifest, and is unfinished for every program. Its index and its receipt, which would say that it had been
 * finished and is damaged, go before that. Signatures go before volumes, because archives of
 * which nothing else is left confuse stock (spec 1.5).
 */
export interface Deletions {
  /** With indexes and receipts, each before its manifest. One at a time: what depends on others goes before them. */
  readonly manifests: readonly string[];
  /** Archives of signatures. */
  readonly signatures: readonly string[];
  /** Volumes and statistics. */
  readonly volumes: readonly string[];
  /** Files of the archive directory, after everything else. */
  readonly local: readonly string[];
  /** What the target has more of afterwards. */
  readonly bytes: number;
}

const STAGE = {
  manifest: "manifests",
  signatures: "signatures",
  volume: "volumes",
  jsonstat: "volumes",
  index: "manifests",
  receipt: "manifests",
} as const;

/** The sets that make a chain. */
export type ChainSets = Pick<Chain, "full" | "incrementals">;

/**
 * Everything of these sets, in this order of sets, and `local` beside their own copies in the archive directory.
 *
 * @param expected chains that there have to be afterwards.
 * @throws collection.inconsistent when they would not: sets that share a second could join a chain that they are not of
 */
export function deletionsOf(
  sets: readonly SetId[],
  inventory: Inventory,
  expected: readonly ChainSets[],
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
  refuseUnless(
    expected,
    buildCollection(
      [...objects.keys()].filter((name) => !gone.has(name)),
      prefixes,
    ).chains,
  );
  const copies = namesBySet(
    archive.map(({ name }) => name),
    prefixes,
  );
  const own = [...keys].flatMap((key) => inOrder(copies.get(key) ?? []).map(({ name }) => name));
  return { ...stages, local: [...new Set([...own, ...local])], bytes };
}

function inOrder(objects: readonly ObjectName[]): readonly ObjectName[] {
  const rank = ({ role, volume = 0 }: ObjectName): number => (role === "receipt" || role === "index" ? -1 : volume);
  return [...objects].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function refuseUnless(expected: readonly ChainSets[], found: readonly ChainSets[]): void {
  const keys = new Set(found.map(chainKey));
  const changed = expected.find((chain) => !keys.has(chainKey(chain)));
  if (changed === undefined) return;
  const names = [changed.full.manifest!];
  const reason = "another chain has a set of the same second, and the two would be mixed up";
  const message = `nothing was deleted: the backup chain of ${formatTime(changed.full.id.end)} would not stay what it is; ${reason}. Move the files of one of the two chains elsewhere`;
  throw new DoppelError("collection.inconsistent", message, { names, reason });
}

function chainKey({ full, incrementals }: ChainSets): string {
  return [full, ...incrementals].map(({ id }) => setKey(id)).join();
}
