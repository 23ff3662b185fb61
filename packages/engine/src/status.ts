import type { Runtime } from "@doppel/base";
import type { BackupSet } from "@doppel/format";
import type { ReadDeps, SetStatus, StatusJob, StatusReport } from "./job.ts";
import { readTarget, type Target } from "./read/target.ts";

/** What is at a target, from its listing alone: needs no key and reads no object. */
export async function status(job: StatusJob, deps: Pick<ReadDeps, "storage">, runtime: Runtime): Promise<StatusReport> {
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  const { chains, incomplete, orphaned, orphanedSignatures, conflicts } = target.collection;
  const of = (set: BackupSet): SetStatus => setStatus(set, target);
  return {
    target: deps.storage.label,
    chains: chains.map((chain) => ({ chain, sets: [chain.full, ...chain.incrementals].map(of) })),
    incomplete: incomplete.map(of),
    orphaned: orphaned.map(of),
    orphanedSignatures,
    conflicts,
  };
}

function setStatus(set: BackupSet, { sizes }: Target): SetStatus {
  const sum = (names: Iterable<string | undefined>): number => {
    let bytes = 0;
    for (const name of names) bytes += (name === undefined ? undefined : sizes.get(name)) ?? 0;
    return bytes;
  };
  return {
    set,
    volumes: set.volumes.size,
    volumeBytes: sum(set.volumes.values()),
    metadataBytes: sum([set.manifest, set.signatures]),
  };
}
