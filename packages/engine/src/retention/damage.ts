import type { BackupSet, Chain } from "@doppel/format";
import { mapBounded } from "../history/bounded.ts";
import { knownManifest, type ManifestPlaces } from "../status/known-manifest.ts";
import { lossesOf } from "../status/problems.ts";
import { setsOf } from "./hanging.ts";
import { type Inventory, setKey } from "./inventory.ts";

/** What is known to be lost of a set, so that it cannot be restored whole. */
export interface DamagedSet {
  /** Its objects by name. */
  readonly set: BackupSet;
  /** A phrase each, as `volume 1 missing`. */
  readonly losses: readonly string[];
}

/** The losses of damaged sets, by `setKey`. */
export type Damage = ReadonlyMap<string, readonly string[]>;

/** Manifests that are read at a time: enough to hide a target's latency. */
const AHEAD = 8;

/** What the listing and the manifests that need no key show to be lost of the sets of all chains. */
export async function readDamage(inventory: Inventory, places: Omit<ManifestPlaces, "prefixes">): Promise<Damage> {
  const { collection, objects, prefixes } = inventory;
  const sizes = new Map([...objects].map(([name, { size }]) => [name, size]));
  const { conflicts } = collection;
  const found = await mapBounded(collection.chains.flatMap(setsOf), AHEAD, async (set) => {
    const manifest = await knownManifest(set, { ...places, prefixes });
    return [setKey(set.id), lossesOf(set, { sizes, manifest, conflicts })] as const;
  });
  return new Map(found.filter(([, losses]) => losses.length > 0));
}

/** The damaged sets of a chain, oldest first. */
export function damagedIn(chain: Chain, damage: Damage): readonly DamagedSet[] {
  return setsOf(chain).flatMap((set) => {
    const losses = damage.get(setKey(set.id));
    return losses === undefined ? [] : [{ set, losses }];
  });
}
