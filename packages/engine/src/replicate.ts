import { DoppelError, isDoppelError, type Runtime } from "@doppel/base";
import type { BackupSet, Chain, Manifest, NamePrefixes, VolumeInfo } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import type { ReadDeps } from "./job.ts";
import { readContext } from "./read/context.ts";
import { readManifest } from "./read/metadata.ts";
import { readTarget, refuseConflicts, type Target } from "./read/target.ts";
import { canCheck, checkedCopy } from "./replicate/copy.ts";
import { compareObject } from "./replicate/compare.ts";
import { namesOf, type PlannedSet, planReplication } from "./replicate/plan.ts";

export interface ReplicateJob {
  readonly prefixes: NamePrefixes;
  /** Only chains that have a state at or after this time, each of them whole. */
  readonly since?: Date;
  /** Also read what is at the other target already, and compare it. */
  readonly verify?: boolean;
}

export interface ReplicateDeps extends Omit<ReadDeps, "storage" | "verifier"> {
  readonly from: Storage;
  readonly to: Storage;
}

/** What became of one set. */
export interface ReplicatedSet {
  readonly set: BackupSet;
  /**
   * `copied`: it is complete at the other target now. `there`: it was already. `failed`: `errors` say why, and its manifest was not
   * copied. `blocked`: a set that it depends on failed, so nothing was tried.
   */
  readonly outcome: "copied" | "there" | "failed" | "blocked";
  /** Objects copied in this run, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  /**
   * What the volumes were compared with: the hashes in the manifest, or only the listed sizes, because the manifest cannot be
   * decrypted here (or has no hashes). Objects that were there already are compared by name and size, unless `verify` asks
   * for more: then a set that is `there` was compared by `hash`, or by `bytes` with the source's.
   */
  readonly checked: "hash" | "size" | "bytes";
  /** Each names the object. */
  readonly errors: readonly DoppelError[];
}

export interface ReplicateReport {
  readonly from: string;
  readonly to: string;
  /** In order of time. */
  readonly sets: readonly ReplicatedSet[];
}

/**
 * Copies the sets of all chains to another target, with the same names and bytes: no key is needed, but with one (or with the
 * manifests of the archive directory) every volume is checked on its way. Volumes, then signatures, then the manifest, as a
 * backup stores them: an interrupted copy is an unfinished set, which the next run completes. What is there with the same size
 * is not copied again, and with `verify` it is read and compared; nothing is ever replaced or deleted.
 *
 * @throws storage.exists, collection.inconsistent before anything is copied (see planReplication); what either storage throws
 */
export async function replicate(job: ReplicateJob, deps: ReplicateDeps, runtime: Runtime): Promise<ReplicateReport> {
  const { from, to } = deps;
  const source = await readTarget(from, job.prefixes, runtime.signal);
  const there = await readTarget(to, job.prefixes, runtime.signal);
  const planned = planReplication(source, { label: to.label, sizes: there.sizes }, job.prefixes, job.since);
  const sets: ReplicatedSet[] = [];
  const broken = new Set<Chain>();
  for (const item of planned) {
    runtime.signal.throwIfAborted();
    // What is to be compared only can be, whatever is wrong below it.
    const isBlocked = broken.has(item.chain) && !(job.verify && item.missing.size === 0);
    const result = isBlocked ? outcome(item, "blocked") : await replicateSet(item, source, job, deps, runtime);
    if (result.outcome === "failed") broken.add(item.chain);
    sets.push(result);
  }
  return { from: from.label, to: to.label, sets };
}

function outcome({ set }: PlannedSet, what: ReplicatedSet["outcome"], errors: readonly DoppelError[] = []): ReplicatedSet {
  return { set, outcome: what, objects: 0, bytes: 0, checked: "size", errors };
}

async function replicateSet(
  item: PlannedSet,
  source: Target,
  job: ReplicateJob,
  deps: ReplicateDeps,
  runtime: Runtime,
): Promise<ReplicatedSet> {
  const { set, missing } = item;
  if (missing.size === 0 && !job.verify) return outcome(item, "there");
  runtime.emit({ type: "set.opened", kind: set.id.kind, time: set.id.end, volumes: set.volumes.size });
  const errors: DoppelError[] = [];
  const collect = async (work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isFaultOfSource(error)) throw error;
      errors.push(error);
    }
  };
  let volumes: readonly VolumeInfo[] | undefined;
  await collect(async () => {
    refuseConflicts(source, [set], deps.from.label);
    volumes = (await manifestIfReadable(set, job, deps, runtime))?.volumes;
    refuseGap(set, volumes?.length ?? Math.max(...set.volumes.keys(), 0), deps.from.label);
  });
  if (errors.length > 0) return outcome(item, "failed", errors);

  let [objects, bytes] = [0, 0];
  const copy = async (name: string, number?: number): Promise<void> => {
    const hashes = number === undefined ? undefined : volumes?.[number - 1]?.hashes;
    if (!missing.has(name)) {
      if (job.verify) await compareObject({ name, ...(hashes && { hashes }) }, deps.from, deps.to, runtime.signal);
      return;
    }
    const size = source.sizes.get(name)!;
    await deps.to.put(name, checkedCopy({ name, size, ...(hashes && { hashes }) }, deps.from, runtime.signal), runtime.signal);
    objects++;
    bytes += size;
    if (number === undefined) runtime.emit({ type: "object.stored", name, size });
    else runtime.emit({ type: "volume.stored", name, number, size });
  };
  // All volumes are tried, so that every damaged one is named and a repaired set needs little more.
  for (const [number, name] of set.volumes) await collect(() => copy(name, number));
  for (const name of namesOf(set).slice(set.volumes.size))
    if (errors.length === 0 || !missing.has(name)) await collect(() => copy(name));
  const checked = volumes?.every(canCheck) ? "hash" : missing.size === 0 ? "bytes" : "size";
  const done = missing.size === 0 ? "there" : "copied";
  return { set, outcome: errors.length > 0 ? "failed" : done, objects, bytes, checked, errors };
}

/** What is wrong with one set, and no reason to leave out the others. */
function isFaultOfSource(error: unknown): error is DoppelError {
  return error instanceof DoppelError && /^(?:volume|format|collection)\./.test(error.code);
}

async function manifestIfReadable(
  set: BackupSet,
  { prefixes }: ReplicateJob,
  deps: ReplicateDeps,
  runtime: Runtime,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(set, readContext({ ...deps, storage: deps.from }, prefixes, runtime));
  } catch (error) {
    if (isDoppelError(error, "openpgp.no-secret-key") || isDoppelError(error, "openpgp.passphrase-needed")) return undefined;
    throw error;
  }
}

/** @throws volume.missing for the first of volumes 1 to `count` that is not listed */
function refuseGap(set: BackupSet, count: number, label: string): void {
  for (let number = 1; number <= count; number++) {
    if (set.volumes.has(number)) continue;
    const name = `volume ${number} of ${set.manifest}`;
    throw new DoppelError(
      "volume.missing",
      `${name} is missing at ${label}: the set was not copied; look for it in another copy`,
      {
        name,
      },
    );
  }
}
