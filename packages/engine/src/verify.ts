import { type BytePath, comparePaths, type Runtime, type TreeDifference } from "@doppel/base";
import { OwnerNames, type SourceEntry, walkTree } from "@doppel/tree";
import type { ReadDeps, VerifyJob, VerifyReport } from "./job.ts";
import { announceCollection } from "./read/announce-collection.ts";
import { readContext } from "./read/context.ts";
import { openLanes } from "./read/lanes.ts";
import { tellOfFuture, tellOfLostManifests, tellOfOrphans, tellOfSuperseded } from "./read/left-out.ts";
import { isLoss } from "./read/lost/loss.ts";
import { nothingFound } from "./read/nothing-found.ts";
import { below, type StateEntry, stateEntries } from "./read/state.ts";
import { readTarget, setsAt } from "./read/target.ts";
import { RestoreTally } from "./restore/tally.ts";
import { rulesOfPart } from "./source/rules.ts";
import { differenceBetween, differenceInData } from "./verify/difference.ts";

/**
 * Reads a state whole, as a restore would, without writing it: every volume is fetched, checked and unpacked. Bad volumes do
 * not end it: all of them are told, and every path that is lost. With `compareData` it is also compared with the local tree (duplicity-cli.md 4.6); each difference is an event.
 */
export async function verify(job: VerifyJob, deps: ReadDeps, runtime: Runtime): Promise<VerifyReport> {
  const { storage } = deps;
  runtime.emit({ type: "run.started", kind: "verify", target: storage.label, time: runtime.clock.now() });
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  await announceCollection(target, deps.archiveDir, job.prefixes, runtime);
  const sets = setsAt(target, storage.label, runtime.clock.now(), job.time);
  const tally = new RestoreTally(runtime, job.verbose);
  const context = readContext(deps, job.prefixes, runtime);
  const owners = OwnerNames.system();
  const rules = rulesOfPart(job, job.path);
  const local = walkTree(job.source, { rules, owners, copyLinks: job.copyLinks, onProblem: (problem) => tally.notice(problem) });
  tellOfFuture(target, sets, tally, runtime.clock.now(), job.time);
  tellOfOrphans(target, sets, tally, job.time);
  tellOfSuperseded(target, sets, tally, job.time);
  tellOfLostManifests(target, sets, tally, job.time);
  await using lanes = await openLanes(sets, target, context, tally, {
    ...(job.path === undefined ? {} : { wanted: [job.path] }),
    ...(job.thaw && { thaw: job.thaw }),
    useIndex: false, // whole volumes are what is verified
    keepGoing: true,
    careful: true,
  });

  let compared = 0;
  let differences = 0;
  const differ = (path: BytePath, difference: TreeDifference | undefined): void => {
    if (!difference) return;
    differences++;
    runtime.emit({ type: "difference", path, difference });
  };
  let here = local.next();
  let stored = 0;
  for await (const item of stateEntries(lanes.all, context, true)) {
    const path = below("lost" in item ? item.path : item.entry.path, job.path);
    for (; !here.done && comparePaths(here.value.path, path) < 0; here = local.next()) {
      compared++;
      if (job.compareData) differ(here.value.path, { kind: "new" });
    }
    stored++;
    const found = !here.done && here.value.path === path ? here.value : undefined;
    if ("lost" in item) tally.lostEntry(item);
    else {
      const { sound, difference } = await compareOne(item, found, job, owners, tally);
      if (sound) compared++;
      if (job.compareData) differ(path, difference);
    }
    if (found) here = local.next();
    runtime.signal.throwIfAborted();
  }
  if (stored === 0 && !tally.isUnsure) throw nothingFound(job.path, "verified");
  for (; !here.done; here = local.next()) {
    compared++;
    if (job.compareData) differ(here.value.path, { kind: "new" });
  }
  const { incomplete, lost, badVolumes, volumes } = tally;
  runtime.emit({ type: "run.finished", kind: "verify", incomplete });
  return { compared, differences, incomplete, lost, badVolumes, volumes };
}

/** The first difference; the stored content is read to its end in any case: that is the verification. */
async function compareOne(
  { entry, content }: StateEntry,
  found: SourceEntry | undefined,
  job: VerifyJob,
  owners: OwnerNames,
  tally: RestoreTally,
): Promise<{ readonly sound: boolean; readonly difference?: TreeDifference | undefined }> {
  tally.begin(entry);
  const difference = found ? differenceBetween(entry, found, owners, job.numericOwner) : { kind: "missing" as const };
  try {
    const compareWith = job.compareData && found && !difference ? found : undefined;
    const inData =
      entry.type === "file" ? await differenceInData(content(), compareWith, (bytes) => tally.data(bytes)) : undefined;
    tally.end();
    return { sound: true, difference: difference ?? inData };
  } catch (error) {
    if (!isLoss(error)) throw error;
    tally.giveUp(entry.path, error);
    return { sound: false };
  }
}
