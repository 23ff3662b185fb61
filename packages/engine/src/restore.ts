import { type BytePath, DoppelError, displayPath, type Runtime } from "@doppel/base";
import { checkRestoreTarget, OwnerNames, type TreeProblem, TreeWriter } from "@doppel/tree";
import type { ReadDeps, RestoreJob, RestoreReport } from "./job.ts";
import { announceCollection } from "./read/announce-collection.ts";
import { readContext } from "./read/context.ts";
import { openLanes } from "./read/lanes.ts";
import { tellOfOrphans } from "./read/left-out.ts";
import { nothingFound } from "./read/nothing-found.ts";
import { isLoss } from "./read/lost/loss.ts";
import { below, type StateEntry, stateEntries } from "./read/state.ts";
import { readTarget, setsAt } from "./read/target.ts";
import { Places } from "./restore/places.ts";
import { RestoreTally } from "./restore/tally.ts";
import { WriterThreads } from "./workers/write.ts";

/** Stored bytes from which on files are written in threads. Each takes 60 CPU ms to start, in which it could write 400 files. */
const WRITERS_FROM = 32 << 20;

/**
 * Restores a tree as of a point in time: list, pick, fetch, check, unseal, untar, merge the sets, write. Every volume is
 * checked before a byte of it is used; a failure stops the restore, unless `keepGoing`: then what needs no lost volume is
 * restored and the rest is told, path by path. Nothing incomplete carries its final name. A dry run ends when it knows
 * which volumes it takes: it reads manifests and indexes, and writes nothing.
 */
export async function restore(job: RestoreJob, deps: ReadDeps, runtime: Runtime): Promise<RestoreReport> {
  const { storage } = deps;
  checkRestoreTarget(job.target, job.force);
  const tally = new RestoreTally(runtime, job.verbose);
  let crew: WriterThreads | undefined;
  const places = new Places(job, () =>
    writerOf(
      job,
      runtime,
      () => crew,
      (problem) => tally.notice(problem),
    ),
  );
  runtime.emit({ type: "run.started", kind: "restore", target: storage.label, time: runtime.clock.now() });
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  await announceCollection(target, deps.archiveDir, job.prefixes, runtime);
  const sets = setsAt(target, storage.label, runtime.clock.now(), job.time);
  const context = readContext(deps, job.prefixes, runtime);
  tellOfOrphans(target, sets, tally, job.time);
  const choice = {
    lookOnly: job.dryRun,
    useIndex: job.useIndex,
    keepGoing: job.keepGoing,
    ...(job.path === undefined ? {} : { wanted: [job.path] }),
    ...(job.thaw && { thaw: job.thaw }),
  };
  await using lanes = await openLanes(sets, target, context, tally, choice).catch((error: unknown) => {
    throw withWayOut(error, job);
  });
  if (job.dryRun) return finished(tally, lanes.names);
  if (job.threads > 1 && tally.storedBytes >= WRITERS_FROM)
    crew = new WriterThreads(job.threads, { numericOwner: job.numericOwner, restoreOwner: job.restoreOwner });
  try {
    for await (const item of stateEntries(lanes.all, context, job.keepGoing)) {
      if ("lost" in item) tally.lostEntry(item);
      else await restoreEntry(item, job, places, tally);
      runtime.signal.throwIfAborted();
    }
    if (tally.files === 0 && tally.lost === 0 && !tally.isUnsure) throw nothingFound(job.path, "restored");
    await crew?.drain();
    places.finish();
  } catch (error) {
    await crew?.[Symbol.asyncDispose]();
    places.abandon();
    const told = withWayOut(error, job);
    throw told instanceof DoppelError && tally.files > 0 ? partly(told, places.entries, job.target) : told;
  }
  await crew?.[Symbol.asyncDispose]();
  return finished(tally, []);

  function finished({ files, bytes, incomplete, lost, badVolumes }: RestoreTally, wanted: readonly string[]): RestoreReport {
    runtime.emit({ type: "run.finished", kind: "restore", incomplete });
    return { files, bytes, incomplete, lost, badVolumes, wanted };
  }
}

function writerOf(
  job: RestoreJob,
  { random, maker }: Runtime,
  crew: () => WriterThreads | undefined,
  onProblem: (problem: TreeProblem) => void,
): TreeWriter {
  const { numericOwner, restoreOwner, force } = job;
  const owners = OwnerNames.system();
  return new TreeWriter(job.target, {
    numericOwner,
    restoreOwner,
    owners,
    force,
    random,
    ...(maker && { maker }),
    crew,
    onProblem,
  });
}

async function restoreEntry({ entry, content }: StateEntry, job: RestoreJob, places: Places, tally: RestoreTally): Promise<void> {
  const { path, writer } = places.of(below(entry.path, job.path));
  const placed = path === entry.path ? entry : { ...entry, path };
  const room = writer.room();
  if (room) await room; // seldom: and every await costs, 50,000 times over
  writer.begin(placed);
  tally.begin(placed);
  try {
    if (entry.type === "file") {
      for await (const chunk of content()) {
        const room = writer.room();
        if (room) await room;
        writer.write(chunk);
        tally.data(chunk.length);
      }
    }
  } catch (error) {
    if (!job.keepGoing || !isLoss(error)) throw error;
    writer.abort();
    tally.giveUp(entry.path, error);
    return;
  }
  writer.end();
  tally.end();
}

/** One bad volume need not be the end of it. */
function withWayOut(error: unknown, { keepGoing }: RestoreJob): unknown {
  if (keepGoing || !isLoss(error)) return error;
  const message = `${error.message}; --keep-going restores all that does not need it`;
  return new DoppelError(error.code, message, error.data, error);
}

/** What is there by now is sound, but a later look must not take it for the whole. */
function partly(error: DoppelError, files: number, target: BytePath): DoppelError {
  const entries = files === 1 ? "1 entry" : `${files} entries`;
  const message = `${error.message} (${displayPath(target)} holds an INCOMPLETE restore: ${entries}; remove it, or restore over it with --force)`;
  return new DoppelError(error.code, message, error.data, error);
}
