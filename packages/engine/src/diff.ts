import { type BytePath, displayPath, DoppelError, type Runtime } from "@doppel/base";
import type { BackupSet, NamePrefixes } from "@doppel/format";
import { announce } from "./history/announce.ts";
import { type Difference, difference } from "./history/difference.ts";
import { subtree } from "./history/filter.ts";
import { openHistory } from "./history/history.ts";
import type { HistoryLane } from "./history/lane.ts";
import type { ReadDeps } from "./job.ts";
import { readContext } from "./read/context.ts";
import { readTarget, setsAt } from "./read/target.ts";

export interface DiffJob {
  /** The states as of these times; `to` undefined: the latest. */
  readonly from: Date;
  readonly to?: Date;
  /** Only this path of the backup and what is below it. */
  readonly path?: BytePath;
  readonly prefixes: NamePrefixes;
}

/**
 * What differs between the states at two times, in format order, from signatures alone: no volume is read. Emits
 * `set.opened` for both states, in this order; a time before the first backup stands for the oldest state. Within a chain a path that no set in between mentions is known to be the same.
 * @throws collection.*, storage.not-found (also for lost signatures), volume.damaged, openpgp.*, format.*;
 *   restore.path-not-found at the end when nothing is at `job.path` in either state
 */
export async function* diff(job: DiffJob, deps: ReadDeps, runtime: Runtime): AsyncGenerator<Difference> {
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  const at = (time?: Date): readonly BackupSet[] => setsAt(target, deps.storage.label, runtime.clock.now(), time);
  const [from, to] = [new Set(at(job.from)), new Set(at(job.to))];
  announce([...from], runtime);
  announce([...to], runtime);
  if (job.path === undefined && from.size === to.size && [...from].every((set) => to.has(set))) return;
  // States of one chain share their first sets: each archive is read once, and counts for the states that it is part of.
  const sets = [...from, ...[...to].filter((set) => !from.has(set))];
  const filter = subtree(job.path);
  await using history = await openHistory(sets, readContext(deps, job.prefixes, runtime), { digests: true });
  const newest = (here: readonly HistoryLane[], state: ReadonlySet<BackupSet>) =>
    here.findLast(({ set }) => state.has(set))?.record;
  let isThere = false;
  const rows = history.rows<Difference>((here, differences) => {
    const path = here[0]!.path!;
    if (filter.isPast(path)) return false;
    if (!filter.wants(path, false)) return true;
    const [before, after] = [newest(here, from), newest(here, to)];
    isThere ||= before?.entry !== undefined || after?.entry !== undefined;
    const found = difference(before, after);
    if (found) differences.push(found);
    return true;
  });
  for await (const batch of rows) for (const row of batch) yield row;
  if (isThere || job.path === undefined) return;
  const shown = displayPath(job.path);
  const message = `${shown} is in neither of the two backups; find tells in which backups it is`;
  throw new DoppelError("restore.path-not-found", message, { path: shown });
}
