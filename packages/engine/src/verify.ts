import { type BytePath, comparePaths, type Runtime } from "@doppel/base";
import { OwnerNames, type SourceEntry, walkTree } from "@doppel/tree";
import type { ReadDeps, VerifyJob, VerifyReport } from "./job.ts";
import { readContext } from "./read/context.ts";
import { openLanes } from "./read/lanes.ts";
import { tellOfOrphans } from "./read/left-out.ts";
import { below, type StateEntry, stateEntries } from "./read/state.ts";
import { readTarget, setsAt } from "./read/target.ts";
import { RestoreTally } from "./restore/tally.ts";
import { rulesOf } from "./source/rules.ts";
import { differenceBetween, differenceInData } from "./verify/difference.ts";

/**
 * Reads a state whole, as a restore would, without writing it: every volume is fetched, checked and unpacked. With
 * `compareData` it is also compared with the local tree (duplicity-cli.md 4.6); each difference is an event.
 */
export async function verify(job: VerifyJob, deps: ReadDeps, runtime: Runtime): Promise<VerifyReport> {
  const { storage } = deps;
  runtime.emit({ type: "run.started", kind: "verify", target: storage.label, time: runtime.clock.now() });
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  const sets = setsAt(target, storage.label, runtime.clock.now(), job.time);
  const tally = new RestoreTally(runtime, job.verbose);
  const context = readContext(deps, job.prefixes, runtime);
  const owners = OwnerNames.system();
  const rules = rulesOf(job, "skip"); // a pattern for the whole source says nothing about a part of it
  const local = walkTree(job.source, { rules, owners, copyLinks: job.copyLinks, onProblem: (problem) => tally.notice(problem) });
  tellOfOrphans(target, sets, tally, job.time);
  await using lanes = await openLanes(sets, target, context, tally, {
    ...(job.path === undefined ? {} : { wanted: job.path }),
    ...(job.thaw && { thaw: job.thaw }),
    useIndex: false, // whole volumes are what is verified
  });

  let compared = 0;
  let differences = 0;
  const differ = (path: BytePath, difference: ReturnType<typeof differenceBetween>): void => {
    if (!difference) return;
    differences++;
    runtime.emit({ type: "difference", path, difference });
  };
  let here = local.next();
  for await (const stored of stateEntries(lanes.all, context)) {
    const path = below(stored.entry.path, job.path);
    for (; !here.done && comparePaths(here.value.path, path) < 0; here = local.next()) {
      compared++;
      if (job.compareData) differ(here.value.path, { kind: "new" });
    }
    compared++;
    const found = !here.done && here.value.path === path ? here.value : undefined;
    tally.begin(stored.entry);
    const difference = await compareOne(stored, found, job, owners, tally);
    tally.end();
    if (job.compareData) differ(path, difference);
    if (found) here = local.next();
    runtime.signal.throwIfAborted();
  }
  for (; !here.done; here = local.next()) {
    compared++;
    if (job.compareData) differ(here.value.path, { kind: "new" });
  }
  runtime.emit({ type: "run.finished", kind: "verify", incomplete: tally.incomplete });
  return { compared, differences, incomplete: tally.incomplete };
}

/** The first difference; the stored content is read to its end in any case: that is the verification. */
async function compareOne(
  { entry, content }: StateEntry,
  found: SourceEntry | undefined,
  job: VerifyJob,
  owners: OwnerNames,
  tally: RestoreTally,
) {
  const difference = found ? differenceBetween(entry, found, owners, job.numericOwner) : { kind: "missing" as const };
  if (entry.type !== "file") return difference;
  const compareWith = job.compareData && found && !difference ? found : undefined;
  const inData = await differenceInData(content(), compareWith, (bytes) => tally.data(bytes));
  return difference ?? inData;
}
