import { type BytePath, comparePaths, DoppelError, displayPath, type Runtime } from "@doppel/base";
import { checkRestoreTarget, OwnerNames, targetFolder, type TreeProblem, TreeWriter } from "@doppel/tree";
import type { ReadDeps, RestoreJob, RestoreReport } from "./job.ts";
import { announceCollection } from "./read/announce-collection.ts";
import { type ReadContext, readContext } from "./read/context.ts";
import { type LaneChoice, openLanes } from "./read/lanes.ts";
import { tellOfFuture, tellOfLostManifests, tellOfOrphans, tellOfSuperseded, tellOfUnfinished } from "./read/left-out.ts";
import { nothingFound } from "./read/nothing-found.ts";
import { isLoss } from "./read/lost/loss.ts";
import { below, type StateEntry, stateEntries } from "./read/state.ts";
import { readTarget, setsAt } from "./read/target.ts";
import { Places } from "./restore/places.ts";
import { RestoreTally } from "./restore/tally.ts";
import type { WriteWorkerInput } from "./workers/write-protocol.ts";
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
  const folder = targetFolder(job.target);
  const places = new Places(job, () =>
    writerOf(
      job,
      runtime,
      () => crew,
      (problem) => tally.notice(problem),
      folder,
    ),
  );
  runtime.emit({ type: "run.started", kind: "restore", target: storage.label, time: runtime.clock.now() });
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  await announceCollection(target, deps.archiveDir, job.prefixes, runtime);
  const sets = setsAt(target, storage.label, runtime.clock.now(), job.time);
  tellOfFuture(target, sets, tally, runtime.clock.now(), job.time);
  tellOfOrphans(target, sets, tally, job.time);
  tellOfSuperseded(target, sets, tally, job.time);
  tellOfLostManifests(target, sets, tally, job.time);
  if (job.careful ?? job.keepGoing) tellOfUnfinished(target, sets, tally, job.time);
  /** Everything up to here is restored. */
  let reached: BytePath | undefined;

  /** Reads the state, and restores what is behind `reached`. @returns the names of the volumes that are read */
  const pass = async (choice: Pick<LaneChoice, "useIndex" | "keepGoing">, context: ReadContext): Promise<readonly string[]> => {
    const part = job.path === undefined ? {} : { wanted: [job.path] };
    const options = {
      lookOnly: job.dryRun,
      careful: job.careful ?? job.keepGoing,
      ...choice,
      ...part,
      ...(job.thaw && { thaw: job.thaw }),
    };
    await using lanes = await openLanes(sets, target, context, tally, options);
    if (job.dryRun) return lanes.names;
    if (job.threads > 1 && tally.storedBytes >= WRITERS_FROM) crew ??= new WriterThreads(job.threads, attributesOf(job));
    for await (const item of stateEntries(lanes.all, context, choice.keepGoing)) {
      const path = "lost" in item ? item.path : item.entry.path;
      if (reached !== undefined && comparePaths(path, reached) <= 0) continue;
      if ("lost" in item) tally.lostEntry(item);
      else await restoreEntry(item, job, choice.keepGoing, places, tally);
      reached = path;
      runtime.signal.throwIfAborted();
    }
    return [];
  };

  let wanted: readonly string[];
  try {
    wanted = await passes(pass, job, tally, (quietly) => readContext(deps, job.prefixes, quietly), runtime);
    if (!job.dryRun && tally.files === 0 && tally.lost === 0 && !tally.isUnsure) throw nothingFound(job.path, "restored");
    await crew?.drain();
    if (!job.dryRun) places.finish();
  } catch (error) {
    await crew?.[Symbol.asyncDispose]();
    places.abandon();
    const told = withWayOut(error, job);
    throw told instanceof DoppelError && tally.files > 0 ? partly(told, places.entries, job.target) : told;
  }
  await crew?.[Symbol.asyncDispose]();
  const { files, bytes, incomplete, lost, badVolumes } = tally;
  runtime.emit({ type: "run.finished", kind: "restore", incomplete });
  return { files, bytes, incomplete, lost, badVolumes, wanted };
}

/**
 * One path is read by the indexes first, which take no more than its parts of volumes, and prove them; where they come upon
 * damage, whole volumes are read from there on, beside which lost ones can be told exactly.
 */
async function passes(
  pass: (choice: Pick<LaneChoice, "useIndex" | "keepGoing">, context: ReadContext) => Promise<readonly string[]>,
  { keepGoing, useIndex, path }: RestoreJob,
  tally: RestoreTally,
  contextOf: (runtime: Runtime) => ReadContext,
  runtime: Runtime,
): Promise<readonly string[]> {
  if (!keepGoing || path === undefined || !useIndex) return pass({ keepGoing, useIndex }, contextOf(runtime));
  try {
    return await pass({ keepGoing: false, useIndex }, contextOf(runtime));
  } catch (error) {
    if (!isLoss(error)) throw error;
    tally.beginAgain();
    const emit: Runtime["emit"] = (event) => {
      if (event.type !== "set.opened") runtime.emit(event); // told before
    };
    const before = tally.incomplete;
    const names = await pass({ keepGoing, useIndex: false }, contextOf({ ...runtime, emit }));
    const detail = `whole volumes were read, and are sound: ${error.message}`;
    if (tally.incomplete === before) tally.notice({ reason: "metadata", incomplete: false, detail });
    return names;
  }
}

function writerOf(
  job: RestoreJob,
  { random, maker }: Runtime,
  crew: () => WriterThreads | undefined,
  onProblem: (problem: TreeProblem) => void,
  folder: ReturnType<typeof targetFolder>,
): TreeWriter {
  const options = {
    ...attributesOf(job),
    owners: OwnerNames.system(),
    force: job.force,
    random,
    ...(maker && { maker }),
    crew,
    onProblem,
  };
  return new TreeWriter(job.target, { ...options, targetFolder: folder });
}

function attributesOf({ numericOwner, restoreOwner, leaveSpecial = false }: RestoreJob): WriteWorkerInput {
  return { numericOwner, restoreOwner, leaveSpecial };
}

async function restoreEntry(
  { entry, content }: StateEntry,
  job: RestoreJob,
  goOn: boolean,
  places: Places,
  tally: RestoreTally,
): Promise<void> {
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
    if (goOn) tally.giveUp(entry.path, error);
    else tally.takeBack();
    if (!goOn) throw error;
    return;
  }
  writer.end();
  tally.end();
}

/** One bad volume need not be the end of it. */
function withWayOut(error: unknown, { keepGoing }: RestoreJob): unknown {
  if (keepGoing || !isLoss(error)) return error;
  const message = `${error.message}; all that does not need it can be restored: without --fail-fast (duplicity: with --ignore-errors)`;
  return new DoppelError(error.code, message, error.data, error);
}

/** What is there by now is sound, but a later look must not take it for the whole. */
function partly(error: DoppelError, files: number, target: BytePath): DoppelError {
  const entries = files === 1 ? "1 entry" : `${files} entries`;
  const message = `${error.message} (${displayPath(target)} holds an INCOMPLETE restore: ${entries}; remove it, or restore over it with --force)`;
  return new DoppelError(error.code, message, error.data, error);
}
