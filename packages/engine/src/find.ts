import { type BytePath, DoppelError, type EntryType, type Runtime } from "@doppel/base";
import { type BackupSet, type Chain, formatTime, type NamePrefixes, type SetId } from "@doppel/format";
import { listedEntry } from "./history/entries.ts";
import { matching, type PathFilter } from "./history/filter.ts";
import { type History, openHistory } from "./history/history.ts";
import type { HistoryLane } from "./history/lane.ts";
import type { SizeRange } from "./history/sizes.ts";
import type { ReadDeps } from "./job.ts";
import { type ReadContext, readContext } from "./read/context.ts";
import { readTarget, refuseConflicts, type Target } from "./read/target.ts";

export interface FindJob {
  /**
   * From the root of the backup: a path (with all below it), or a glob pattern as in file selection: `*.conf` is in the
   * root, `**.conf` anywhere, and a directory that matches brings what is below it.
   */
  readonly pattern: BytePath;
  readonly prefixes: NamePrefixes;
  /** As for `list`. */
  readonly useIndex?: boolean;
}

/** What one set says about one path: a version of it begins there, or it is gone. */
export interface FoundVersion {
  readonly path: BytePath;
  readonly set: SetId;
  /** "new": not in the state before, as far as that is known. Every full set begins anew. "changed": content, or only attributes. */
  readonly what: "new" | "changed" | "deleted";
  /** The newest backup of its chain that has this version; absent when deleted. Every backup from `set` up to it has it. */
  readonly until?: Date;
  /** Absent when deleted. */
  readonly type?: EntryType;
  /** Whole seconds since 1970. Absent when deleted, and for a file of which only the manifest tells. */
  readonly mtime?: number;
  /** Only for files, as `mtime`. */
  readonly sizeRange?: SizeRange;
}

/**
 * In which backups something is: chain by chain, oldest first; in each by path, in format order, and then by time. From
 * indexes or signatures, and where both are lost from the manifest's list of regular files, with a notice; no volume is read.
 * @throws rules.malformed, collection.empty, openpgp.*, storage.*, format.*
 */
export async function* find(job: FindJob, deps: ReadDeps, runtime: Runtime): AsyncGenerator<FoundVersion> {
  const filter = matching(job.pattern);
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  const { chains } = target.collection;
  const { label } = deps.storage;
  if (chains.length === 0) throw new DoppelError("collection.empty", `${label} holds no complete backup`, { target: label });
  const context = readContext(deps, job.prefixes, runtime);
  const index = job.useIndex === false ? undefined : { target, below: filter.below };
  for (const chain of chains) {
    if (!isSound(chain, target, context)) continue;
    await using history = await openHistory(setsOf(chain), context, {
      index,
      onGap: (set, error) => tellGap(set, error, runtime),
    });
    for await (const versions of versionsIn(history, chain, filter)) for (const version of versions) yield version;
  }
}

function versionsIn(history: History, chain: Chain, filter: PathFilter): AsyncGenerator<readonly FoundVersion[]> {
  const sets = setsOf(chain);
  const before = new Map(sets.map((set, index) => [set, sets[index - 1]?.id.end]));
  return history.rows<FoundVersion>((here, versions) => {
    const path = here[0]!.path!;
    if (filter.isPast(path)) return false;
    const wasDirectory = here.some(({ record }) => record?.entry?.type === "dir");
    if (!filter.wants(path, wasDirectory)) return true;
    for (const [index, lane] of here.entries()) {
      const next = here[index + 1];
      const until = next ? before.get(next.set) : chain.end;
      versions.push(versionOf(lane, here[index - 1], until ?? lane.set.id.end));
    }
    return true;
  });
}

function versionOf({ record, set }: HistoryLane, older: HistoryLane | undefined, until: Date): FoundVersion {
  const { path, kind } = record!;
  if (kind === "deleted") return { path, set: set.id, what: "deleted" };
  const existed = older?.record !== undefined && older.record.kind !== "deleted";
  const entry = listedEntry(record!);
  return {
    path,
    set: set.id,
    what: existed ? "changed" : "new",
    until,
    ...(entry ? { type: entry.type, mtime: entry.mtime } : kind === "listed" ? { type: "file" } : {}),
    ...(entry?.sizeRange ? { sizeRange: entry.sizeRange } : {}),
  };
}

function setsOf(chain: Chain): readonly BackupSet[] {
  return [chain.full, ...chain.incrementals];
}

/** One chain with two files for one thing is passed over; the others can be searched all the same. */
function isSound(chain: Chain, target: Target, { deps, runtime }: ReadContext): boolean {
  try {
    refuseConflicts(target, setsOf(chain), deps.storage.label);
    return true;
  } catch (error) {
    if (!(error instanceof DoppelError)) throw error;
    const detail = `the chain of ${formatTime(chain.start)} was not searched: ${error.message}`;
    runtime.emit({ type: "notice", reason: "metadata", incomplete: true, detail });
    return false;
  }
}

function tellGap(set: BackupSet, error: DoppelError, runtime: Runtime): void {
  const detail = `of the backup of ${formatTime(set.id.end)} only the regular files that its manifest lists are known: ${error.message}`;
  runtime.emit({ type: "notice", reason: "metadata", incomplete: true, detail });
}
