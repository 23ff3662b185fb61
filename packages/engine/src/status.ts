import type { Runtime } from "@doppel/base";
import type { BackupSet, Manifest } from "@doppel/format";
import type { ReadDeps, SetStatus, StatusJob, StatusReport } from "./job.ts";
import { readContext } from "./read/context.ts";
import { readLocalManifest } from "./read/metadata.ts";
import { readTarget, type Target } from "./read/target.ts";
import { problemsOf } from "./status/problems.ts";

/**
 * What is at a target, from its listing alone: needs no key and reads no object there. What the listing and the archive
 * directory show to be missing is told; that the rest is sound is not proven by this.
 */
export async function status(job: StatusJob, deps: ReadDeps, runtime: Runtime): Promise<StatusReport> {
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  const { chains, incomplete, orphaned, orphanedSignatures, conflicts } = target.collection;
  const context = readContext(deps, job.prefixes, runtime);
  const complete = async (set: BackupSet): Promise<SetStatus> => setStatus(set, target, await readLocalManifest(set, context));
  const unfinished = (set: BackupSet): SetStatus => ({ ...setStatus(set, target), problems: [] });
  const report = [];
  for (const chain of chains) {
    const sets = [];
    for (const set of [chain.full, ...chain.incrementals]) sets.push(await complete(set));
    report.push({ chain, sets });
  }
  return {
    target: deps.storage.label,
    chains: report,
    incomplete: incomplete.map(unfinished),
    orphaned: orphaned.map(unfinished),
    orphanedSignatures,
    conflicts,
  };
}

function setStatus(set: BackupSet, { sizes, archived }: Target, manifest?: Manifest): SetStatus {
  const sum = (names: Iterable<string | undefined>): number => {
    let bytes = 0;
    for (const name of names) bytes += (name === undefined ? undefined : sizes.get(name)) ?? 0;
    return bytes;
  };
  return {
    set,
    volumes: set.volumes.size,
    volumeBytes: sum(set.volumes.values()),
    metadataBytes: sum([set.manifest, set.signatures, set.index]),
    archived: archivedOf([...set.volumes.values(), set.manifest, set.signatures, set.index], archived),
    problems: problemsOf(set, sizes, manifest),
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
