import { isDoppelError, type Runtime } from "@doppel/base";
import { formatTime } from "@doppel/format";
import { checkSource } from "@doppel/tree";
import { checkPassphrase } from "./backup/check-passphrase.ts";
import { choose } from "./backup/choose.ts";
import { makeSet, type SetPlan, type SetRun } from "./backup/make-set.ts";
import { planResume } from "./backup/plan-resume.ts";
import { partNames, type Remains, readRemains } from "./backup/remains.ts";
import { Tally } from "./backup/tally.ts";
import { tryArchive } from "./backup/try-archive.ts";
import { timeOfNewSet } from "./backup/when.ts";
import { ArchiveDir } from "./cache/archive-dir.ts";
import { removeRemains } from "./cache/journal.ts";
import { PassingArchive } from "./cache/passing-archive.ts";
import { syncSignatures } from "./cache/sync.ts";
import type { BackupDeps, BackupJob, BackupReport } from "./job.ts";
import { type ReadContext, readContext } from "./read/context.ts";
import { Refused } from "./source/cut-file.ts";
import { rulesOf } from "./source/rules.ts";

/**
 * Makes a backup: goes on with the interrupted one if there is one, and otherwise begins a set, full or incremental.
 * A full backup needs no local state and reads nothing from the target, but for a listing of its own volumes; an increment
 * needs the signatures of its chain.
 * @throws DoppelError; nothing that is stored by then counts as a backup, because its manifest is missing
 */
export async function backup(job: BackupJob, deps: BackupDeps, runtime: Runtime): Promise<BackupReport> {
  const startTime = runtime.clock.now();
  checkBackup(job);
  const archive = new ArchiveDir(deps.archiveDir);
  const tally = new Tally(runtime, job.verbose);
  const usable = job.dryRun || (await tryArchive(job.kind !== "inc", tally, () => archive.create()));
  const context = readContext(deps, job.prefixes, runtime);
  const run = { job, deps, runtime, startTime, tally, archive: usable ? archive : undefined };
  if (usable && job.resume !== "never" && !job.entries && !job.dryRun) {
    const resumed = await resume(run, archive, context);
    if (resumed) {
      await forget(archive, job); // what stock may have left when it could not go on with it
      return resumed;
    }
  }
  const choice = usable ? await choose(job, context) : ({ kind: "full" } as const);
  if (choice.kind === "inc") await checkPassphrase(choice.base.at(-1)?.manifest, deps.envelope, context);
  await using passing = new PassingArchive(deps.tempDir, runtime);
  const into = job.dryRun && choice.kind === "inc" ? await passing.open() : archive;
  const base = choice.kind === "inc" ? await syncSignatures(choice.base, archive, context, into) : undefined;
  const after = choice.kind === "inc" ? choice.end : undefined;
  const time = await timeOfNewSet(usable ? archive.path : undefined, job.prefixes, runtime, after);
  if (usable && !job.dryRun) await forget(archive, job);
  return await makeSet({ set: { kind: choice.kind, start: after ?? time, end: time }, ...(base && { base }) }, run);
}

/** Undefined when there is nothing to go on with, or nothing that it would be safe to go on with. */
async function resume(run: SetRun, archive: ArchiveDir, context: ReadContext): Promise<BackupReport | undefined> {
  const { job, deps, runtime, tally } = run;
  const remains = await readRemains(archive, job.prefixes);
  if (!remains) return undefined;
  try {
    const plan = await planned(remains, run, archive, context);
    return plan && (await makeSet(plan, { ...run, tally: tally.fork() }));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const detail = `the backup of ${formatTime(remains.set.end)} was interrupted and is not gone on with: ${error.message}. A new one is made; cleanup removes what is left of that one at ${deps.storage.label}`;
    runtime.emit({ type: "notice", reason: "foreign-set", incomplete: false, detail });
    return undefined;
  }
}

/** @throws Refused */
async function planned(
  remains: Remains,
  { job, deps, runtime }: SetRun,
  archive: ArchiveDir,
  context: ReadContext,
): Promise<SetPlan | undefined> {
  try {
    const plan = await planResume(remains, job, deps.envelope, archive, context);
    if (!plan) return undefined;
    const { set, base, kept, lost, source, signatures: stored } = plan;
    const last = kept.at(-1)!;
    const after = last.end.block === undefined ? { path: last.end.path } : { path: last.end.path, block: last.end.block };
    runtime.emit({ type: "run.resumed", kind: set.kind, time: set.end, from: kept.length + 1, lost, after });
    const signatures = base.length > 0 ? await syncSignatures(base, archive, context) : undefined;
    return { set, ...(signatures && { base: signatures }), resume: { kept, source, ...(stored && { stored }) } };
  } catch (error) {
    // Who may only store can neither look for volumes nor read one.
    if (!isDoppelError(error, "storage.denied") && !isDoppelError(error, "storage.refused")) throw error;
    throw new Refused(error.message);
  }
}

/** What was not gone on with never will be. */
async function forget(archive: ArchiveDir, job: BackupJob): Promise<void> {
  const parts = await partNames(archive, job.prefixes);
  await removeRemains(
    archive,
    parts.map(({ name }) => name),
  );
}

/**
 * What can be told of a job before anything is made, also the target's folder: bad rules, a missing source.
 * @throws rules.*, source.missing, source.unreadable
 */
export function checkBackup(job: BackupJob): void {
  if (job.entries) return;
  rulesOf(job);
  checkSource(job.source);
}
