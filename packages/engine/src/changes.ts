import { type BytePath, DoppelError, type Runtime } from "@doppel/base";
import type { BackupSet, Change, NamePrefixes, SetId } from "@doppel/format";
import { mapBounded } from "./history/bounded.ts";
import { filelist } from "./history/filelist.ts";
import { everything, type PathFilter, subtree } from "./history/filter.ts";
import { openHistory } from "./history/history.ts";
import type { HistoryLane } from "./history/lane.ts";
import type { ReadDeps } from "./job.ts";
import { announceCollection } from "./read/announce-collection.ts";
import { type ReadContext, readContext } from "./read/context.ts";
import { readTarget, refuseConflicts } from "./read/target.ts";

export interface ChangesInSetJob {
  /** In the newest chain: 0 is its newest set, 1 the one before (duplicity-cli.md 4.4). */
  readonly index: number;
  readonly prefixes: NamePrefixes;
}

export interface ChangesReport {
  readonly set: SetId;
  /** What the set did to regular files, in order of path. May be asked for again, and then reads again: nothing is held. */
  changes(): AsyncIterable<Change>;
}

/**
 * What one backup changed, from its manifest; from signatures when the manifest does not tell.
 * @throws collection.empty, collection.inconsistent, collection.no-such-time; from `changes()` what reading throws
 */
export async function changesInSet(job: ChangesInSetJob, deps: ReadDeps, runtime: Runtime): Promise<ChangesReport> {
  const context = readContext(deps, job.prefixes, runtime);
  const sets = await newestChain(context);
  const set = Number.isInteger(job.index) && job.index >= 0 ? sets.at(-1 - job.index) : undefined;
  if (!set) throw noSuchSet(job.index, sets.length);
  return { set: set.id, changes: () => changesOf(set, sets, context) };
}

export interface FileChangedJob {
  /** From the root of the backup. */
  readonly path: BytePath;
  readonly prefixes: NamePrefixes;
}

/** One backup that changed the file. */
export interface FileChange {
  readonly set: SetId;
  readonly kind: Change["kind"];
}

/**
 * Which backups of the newest chain changed a regular file, oldest first (duplicity-cli.md 4.4). From manifests; from
 * signatures where a manifest does not tell.
 * @throws collection.empty, collection.inconsistent, storage.*, openpgp.*, format.*
 */
export async function fileChanged(job: FileChangedJob, deps: ReadDeps, runtime: Runtime): Promise<readonly FileChange[]> {
  const context = readContext(deps, job.prefixes, runtime);
  const sets = await newestChain(context);
  const told = await mapBounded(sets, MANIFESTS_AT_A_TIME, (set) => lookUp(job.path, set, context));
  const silent = new Set(sets.filter((_, index) => !told[index]!.lists));
  const signed = new Map<BackupSet, Change["kind"]>();
  const only = subtree(job.path);
  if (silent.size > 0 && (await mentionsFile([...silent], only, context))) {
    for await (const { set, change } of signedChanges(silent, sets, only, context)) {
      if (change.path === job.path) signed.set(set, change.kind);
    }
  }
  return sets.flatMap((set, index) => {
    const kind = told[index]!.kind ?? signed.get(set);
    return kind ? [{ set: set.id, kind }] : [];
  });
}

const MANIFESTS_AT_A_TIME = 4;

async function newestChain(context: ReadContext): Promise<readonly BackupSet[]> {
  const { storage } = context.deps;
  const target = await readTarget(storage, context.prefixes, context.runtime.signal);
  await announceCollection(target, context.deps.archiveDir, context.prefixes, context.runtime);
  const chain = target.collection.chains.at(-1);
  if (!chain) throw new DoppelError("collection.empty", `${storage.label} holds no complete backup`, { target: storage.label });
  const sets = [chain.full, ...chain.incrementals];
  refuseConflicts(target, sets, storage.label);
  return sets;
}

async function* changesOf(set: BackupSet, sets: readonly BackupSet[], context: ReadContext): AsyncGenerator<Change> {
  let lists = false;
  for await (const batch of filelist(set, context)) {
    lists = true;
    for (const change of batch) yield change;
  }
  if (lists || !(await mentionsFile([set], everything, context))) return;
  for await (const { change } of signedChanges(new Set([set]), sets, everything, context)) yield change;
}

async function lookUp(path: BytePath, set: BackupSet, context: ReadContext): Promise<{ lists: boolean; kind?: Change["kind"] }> {
  let lists = false;
  for await (const batch of filelist(set, context)) {
    lists = true;
    const found = batch.find((change) => change.path === path);
    if (found) return { lists, kind: found.kind };
  }
  return { lists };
}

/** A manifest without a list is mostly that of a set without changes: a look at its own signatures spares those of the chain. */
async function mentionsFile(sets: readonly BackupSet[], filter: PathFilter, context: ReadContext): Promise<boolean> {
  await using history = await openHistory(sets, context);
  const rows = history.rows<true>((here, found) => {
    const path = here[0]!.path!;
    if (filter.wants(path, false) && here.some(({ record }) => record?.kind !== "snapshot")) found.push(true);
    return found.length === 0 && !filter.isPast(path);
  });
  for await (const _ of rows) return true;
  return false;
}

/** What `wanted` sets did to regular files, told from the signatures of the chain. */
async function* signedChanges(
  wanted: ReadonlySet<BackupSet>,
  sets: readonly BackupSet[],
  filter: PathFilter,
  context: ReadContext,
): AsyncGenerator<{ readonly set: BackupSet; readonly change: Change }> {
  const last = sets.findLastIndex((set) => wanted.has(set));
  await using history = await openHistory(sets.slice(0, last + 1), context);
  const rows = history.rows<{ readonly set: BackupSet; readonly change: Change }>((here, changes) => {
    const path = here[0]!.path!;
    if (filter.isPast(path)) return false;
    if (!filter.wants(path, false)) return true;
    for (const [index, lane] of here.entries()) {
      const kind = wanted.has(lane.set) ? kindOf(lane, here[index - 1]) : undefined;
      if (kind) changes.push({ set: lane.set, change: { kind, path } });
    }
    return true;
  });
  for await (const batch of rows) for (const row of batch) yield row;
}

/** As a manifest would have it: regular files only. */
function kindOf({ record }: HistoryLane, older: HistoryLane | undefined): Change["kind"] | undefined {
  const wasFile = older?.record?.kind === "signature";
  if (record?.kind === "signature") return wasFile ? "changed" : "new";
  return record?.kind === "deleted" && wasFile ? "deleted" : undefined;
}

function noSuchSet(index: number, count: number): DoppelError {
  const message = `there is no backup set ${index}: the newest chain has ${count}, counted from 0, the newest, to ${count - 1}`;
  return new DoppelError("collection.no-such-time", message, { time: String(index) });
}
