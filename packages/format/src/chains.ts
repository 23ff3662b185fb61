import { joinChains } from "./chain-building.ts";
import { type Encoding, NO_PREFIXES, type NamePrefixes, type ObjectName, readName, type SetId } from "./names.ts";

/** The files that one run left at the target. */
export interface BackupSet {
  /** Which run it was. */
  readonly id: SetId;
  /** Number to name, ascending. */
  readonly volumes: ReadonlyMap<number, string>;
  /** Name of its manifest; without one it is unfinished, or has lost it. */
  readonly manifest?: string;
  /** Name of its signature archive. */
  readonly signatures?: string;
  /** Doppel's own, without which everything works (FORMAT.md, "Index"). */
  readonly index?: string;
  /** Doppel's own: what the set's objects have to be, for those without a key (FORMAT.md, "Receipt"). */
  readonly receipt?: string;
  /** The strongest among its files: they may differ (spec 1.5). */
  readonly encoding: Encoding;
}

/** A full set and the increments that continue it, each from where the one before ended. */
export interface Chain {
  /** What it begins with. */
  readonly full: BackupSet;
  /** In their order. */
  readonly incrementals: readonly BackupSet[];
  /** Time of the full set. */
  readonly start: Date;
  /** Time of the newest set. */
  readonly end: Date;
  /** Every set has its signature archive: the chain can be continued. */
  readonly hasSignatures: boolean;
}

/** Names that should not be there together. */
export interface Conflict {
  /** Those that are there. */
  readonly names: readonly string[];
  /** A phrase for a person. */
  readonly reason: string;
  /** Two names for one thing, of which the set holds the one that sorts first: what it holds is not to be trusted. Otherwise doppel passes the name over. */
  readonly ambiguous: boolean;
}

/** Everything that the names at a target say (spec 1.5). */
export interface Collection {
  /** By end time. */
  readonly chains: readonly Chain[];
  /** Sets without a manifest: unfinished, never used. By end time. */
  readonly incomplete: readonly BackupSet[];
  /** Complete increments that continue nothing. By end time. */
  readonly orphaned: readonly BackupSet[];
  /** Complete increments that a later one from the same start replaces. Stock cannot reach them any more, and does not list them either. */
  readonly superseded: readonly BackupSet[];
  /** Signature archives of which there is neither a volume nor a manifest. */
  readonly orphanedSignatures: readonly string[];
  /** What makes stock stop, exit code 30 (spec 1.4). */
  readonly conflicts: readonly Conflict[];
  /** The newest set, when stock would pass it over and restore the one before: it lacks its signature archive (spec 1.5, Pairing). Doppel uses it. */
  readonly stockDiscards?: BackupSet;
}

interface SetDraft {
  readonly id: SetId;
  index?: ObjectName;
  receipt?: ObjectName;
  readonly volumes: Map<number, ObjectName>;
  manifest?: ObjectName;
  signatures?: ObjectName;
}

/**
 * The sets and chains of one listing, whose order does not matter; names of anything else are passed over.
 * A `.part` file never counts (spec 7.4).
 *
 * @param separator what stands for the colon in old names (`--time-separator`).
 */
export function buildCollection(names: Iterable<string>, prefixes: NamePrefixes = NO_PREFIXES, separator = ":"): Collection {
  const drafts = new Map<string, SetDraft>();
  const conflicts: Conflict[] = [];
  const ours: ObjectName[] = [];
  // Sorted, so that the outcome does not depend on the listing's order.
  for (const name of [...new Set(names)].sort()) {
    const read = readName(name, prefixes, separator);
    if (read === undefined || read.object.role === "jsonstat") continue;
    if (read.object.role === "index" || read.object.role === "receipt") {
      // No restore depends on it and stock does not see it: whatever its name has behind, it is no conflict.
      if (!read.stockOnly && !read.object.partial) ours.push(read.object);
      continue;
    }
    if (read.stockOnly || read.object.partial) {
      const reason = `duplicity takes it for ${roleOf(read.object)} of a backup; doppel passes it over`;
      conflicts.push({ names: [name], reason, ambiguous: false });
      continue;
    }
    const earlier = place(drafts, read.object);
    if (earlier === undefined) continue;
    conflicts.push({
      names: [earlier.name, name],
      reason: `both are ${roleOf(read.object)} of one backup set`,
      ambiguous: true,
    });
  }
  for (const object of ours) {
    const draft = drafts.get(keyOf(object.set));
    if (draft) draft[object.role as "index" | "receipt"] ??= object;
  }
  const sets: BackupSet[] = [];
  const orphanedSignatures: string[] = [];
  const signatures: SetId[] = [];
  for (const draft of drafts.values()) {
    if (draft.signatures !== undefined) signatures.push(draft.id);
    if (draft.manifest === undefined && draft.volumes.size === 0) orphanedSignatures.push(draft.signatures!.name);
    else sets.push(finished(draft));
  }
  return { ...joinChains(sets, signatures), orphanedSignatures, conflicts };
}

/** Puts the object into its set; returns the one that already holds its place. */
function place(drafts: Map<string, SetDraft>, object: ObjectName): ObjectName | undefined {
  const key = keyOf(object.set);
  let draft = drafts.get(key);
  if (draft === undefined) drafts.set(key, (draft = { id: object.set, volumes: new Map() }));
  if (object.role === "volume") {
    const earlier = draft.volumes.get(object.volume!);
    if (earlier === undefined) draft.volumes.set(object.volume!, object);
    return earlier;
  }
  const role = object.role === "manifest" ? "manifest" : "signatures";
  const earlier = draft[role];
  draft[role] ??= object;
  return earlier;
}

function keyOf({ kind, start, end }: SetId): string {
  return `${kind} ${start.getTime()} ${end.getTime()}`;
}

function finished({ id, volumes, manifest, signatures, index, receipt }: SetDraft): BackupSet {
  const ordered = [...volumes.values()].sort((a, b) => a.volume! - b.volume!);
  const encodings = new Set([...ordered, manifest, signatures].map((object) => object?.encoding));
  return {
    id,
    volumes: new Map(ordered.map((object) => [object.volume!, object.name])),
    ...(manifest === undefined ? {} : { manifest: manifest.name }),
    ...(signatures === undefined ? {} : { signatures: signatures.name }),
    ...(index === undefined ? {} : { index: index.name }),
    ...(receipt === undefined ? {} : { receipt: receipt.name }),
    encoding: encodings.has("gpg") ? "gpg" : encodings.has("gzip") ? "gzip" : "plain",
  };
}

function roleOf({ role, volume }: ObjectName): string {
  if (role === "volume") return `volume ${volume}`;
  return role === "manifest" ? "the manifest" : "the signature archive";
}
