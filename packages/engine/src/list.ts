import { type BytePath, DoppelError, displayPath, type Runtime } from "@doppel/base";
import { formatTime } from "@doppel/format";
import { type ListedEntry, listedEntry } from "./history/entries.ts";
import { subtree } from "./history/filter.ts";
import { openHistory } from "./history/history.ts";
import { announce } from "./history/announce.ts";
import type { ListJob, ReadDeps } from "./job.ts";
import { announceCollection } from "./read/announce-collection.ts";
import { readContext } from "./read/context.ts";
import { readTarget, setsAt } from "./read/target.ts";

export interface ListStateJob extends ListJob {
  /** Only this path of the backup and what is below it. */
  readonly path?: BytePath;
  /** Sets that have an index are known by it; false: by their signatures; "always": also where copies of those are at hand, which need no key and know no exact sizes. */
  readonly useIndex?: boolean | "always";
}

/**
 * The entries of the state at a time, in format order, from the indexes or signatures of its sets alone: no volume is read. Emits
 * `set.opened` with the time of the state, which is later than `job.time` when there is none so old.
 * @throws collection.*, storage.not-found (also for lost signatures), volume.damaged, openpgp.*, format.*;
 *   restore.path-not-found at the end when nothing is at `job.path`
 */
export async function* list(job: ListStateJob, deps: ReadDeps, runtime: Runtime): AsyncGenerator<ListedEntry> {
  for await (const batch of listBatches(job, deps, runtime)) yield* batch;
}

/** {@link list}, thousands at a time: to be asked for every single one takes as long as reading it. */
export async function* listBatches(job: ListStateJob, deps: ReadDeps, runtime: Runtime): AsyncGenerator<readonly ListedEntry[]> {
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  await announceCollection(target, deps.archiveDir, job.prefixes, runtime);
  const sets = setsAt(target, deps.storage.label, runtime.clock.now(), job.time);
  announce(sets, runtime);
  const filter = subtree(job.path);
  const index = job.useIndex === false ? undefined : { target, below: filter.below, evenWithCopies: job.useIndex === "always" };
  await using history = await openHistory(sets, readContext(deps, job.prefixes, runtime), { index });
  let found = false;
  const rows = history.rows<ListedEntry>((here, listed) => {
    const { record } = here.at(-1)!;
    if (!record || filter.isPast(record.path)) return false;
    const entry = filter.wants(record.path, record.entry?.type === "dir") ? listedEntry(record) : undefined;
    if (entry) listed.push(entry);
    return true;
  });
  for await (const batch of rows) {
    found = true;
    yield batch;
  }
  if (!found && job.path !== undefined) throw notFound(job.path, sets.at(-1)!.id.end);
}

function notFound(path: BytePath, time: Date): DoppelError {
  const shown = displayPath(path);
  const message = `${shown} is not in the backup of ${formatTime(time)}; find tells in which backups it is`;
  return new DoppelError("restore.path-not-found", message, { path: shown });
}
