import type { Runtime } from "@doppel/base";
import type { BackupSet, Manifest } from "@doppel/format";
import { mapBounded } from "./history/bounded.ts";
import type { ReadDeps, SetStatus, StatusJob, StatusReport } from "./job.ts";
import { announceCollection } from "./read/announce-collection.ts";
import { readTarget, type Target } from "./read/target.ts";
import { knownManifest } from "./status/known-manifest.ts";
import { looseEnds } from "./status/loose-ends.ts";
import { problemsOf } from "./status/problems.ts";

/** Manifests that are read at a time. */
const AHEAD = 8;

/**
 * What is at a target: from its listing, and from the manifests that need no key (the archive directory's, or the target's
 * own when they are not encrypted). What these show to be missing is told; that the rest is sound is not proven by this.
 */
export async function status(job: StatusJob, deps: ReadDeps, runtime: Runtime): Promise<StatusReport> {
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  await announceCollection(target, deps.archiveDir, job.prefixes, runtime);
  const { chains, orphanedSignatures, conflicts } = target.collection;
  const { unfinished, lostManifest, orphaned } = looseEnds(target.collection);
  const { storage, archiveDir } = deps;
  const places = { storage, archiveDir, prefixes: job.prefixes, signal: runtime.signal };
  const complete = async (set: BackupSet): Promise<SetStatus> => setStatus(set, target, await knownManifest(set, places));
  const loose = (set: BackupSet): SetStatus => ({ ...setStatus(set, target), problems: [] });
  const report = [];
  for (const chain of chains)
    report.push({ chain, sets: await mapBounded([chain.full, ...chain.incrementals], AHEAD, complete) });
  return {
    target: deps.storage.label,
    chains: report,
    incomplete: unfinished.map(loose),
    lostManifest: lostManifest.map(loose),
    orphaned: orphaned.map(({ set, obstacle }) => ({ ...loose(set), obstacle })),
    orphanedSignatures,
    conflicts,
  };
}

function setStatus(set: BackupSet, { sizes, archived, collection }: Target, manifest?: Manifest | "damaged"): SetStatus {
  const sum = (names: Iterable<string | undefined>): number => {
    let bytes = 0;
    for (const name of names) bytes += (name === undefined ? undefined : sizes.get(name)) ?? 0;
    return bytes;
  };
  return {
    set,
    volumes: set.volumes.size,
    volumeBytes: sum(set.volumes.values()),
    metadataBytes: sum([set.manifest, set.signatures, set.index, set.receipt]),
    archived: archivedOf([...set.volumes.values(), set.manifest, set.signatures, set.index, set.receipt], archived),
    problems: problemsOf(set, { sizes, manifest, conflicts: collection.conflicts }),
  };
}

function archivedOf(names: readonly (string | undefined)[], archived: Target["archived"]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    const found = name === undefined ? undefined : archived.get(name);
    if (found !== undefined) counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  return counts;
}
