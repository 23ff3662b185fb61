import { type BytePath, displayPath, DoppelError, isDoppelError, isWithin, type Runtime } from "@doppel/base";
import type { BackupSet } from "@doppel/format";
import { outermost, Reservoir } from "./drill/choose.ts";
import { problemOf } from "./drill/compare.ts";
import { Findings } from "./drill/findings.ts";
import { readVolumes } from "./drill/read-volumes.ts";
import type { DrillJob, DrillReport } from "./drill/report.ts";
import { Scratch } from "./drill/scratch.ts";
import { tryRestore } from "./drill/try-restore.ts";
import type { ListedEntry } from "./history/entries.ts";
import type { ReadDeps } from "./job.ts";
import { list, listBatches } from "./list.ts";
import { readContext } from "./read/context.ts";
import { tellOfLostManifests, tellOfOrphans } from "./read/left-out.ts";
import { readTarget, setsAt, type Target } from "./read/target.ts";

/** Random files are not larger than this: a drill must not fill the disk. Named ones may be. */
const LARGEST = 1 << 30;

/**
 * A test restore: random files, and those that are named, are restored below `tempDir`, compared with what the listing says of them,
 * and removed again; some volumes are read whole. What is not as it should be is in the report. A set's index is used where there is
 * one: then every content has the SHA-256 that was told when it was backed up.
 * @throws collection.*, storage.*, openpgp.*, format.*, temp.unusable: when there is nothing to be judged
 */
export async function drill(job: DrillJob, deps: ReadDeps, runtime: Runtime): Promise<DrillReport> {
  const started = runtime.clock.now();
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  const sets = setsAt(target, deps.storage.label, started, job.time);
  const set = sets.at(-1)!.id.end;
  const findings = new Findings();
  const told = findings.listening(runtime);
  const run = { job: { ...job, time: set }, deps, runtime: told, findings, target, sets };
  tellOfOrphans(target, sets, { notice: (notice) => told.emit({ type: "notice", ...notice }) }, job.time);
  // The state that is tried may be sound all the same.
  tellOfLostManifests(target, sets, { notice: ({ detail }) => findings.warning(detail) }, job.time);
  const choice = await choose(run);
  if (choice.files === 0) findings.warning("there are no regular files in this backup to be restored");
  using scratch = new Scratch(deps.tempDir, runtime);
  const digests = job.useIndex && sets.every(({ index }) => index !== undefined);
  const restored = await restoreAll(run, choice.random, choice.named, digests, scratch);
  const read = await readVolumes(sets, job.seed, readContext(deps, job.prefixes, told), findings);
  const wholeBytes = storedBytes(sets, target);
  const rate = read.bytes > 0 && read.seconds > 0 ? read.bytes / read.seconds : undefined;
  return {
    target: deps.storage.label,
    seed: job.seed,
    set,
    filesInBackup: choice.files,
    largest: LARGEST,
    ...restored,
    paths: [...choice.random.map(({ path }) => path), ...choice.named].toSorted(),
    digests: digests && !findings.isWithoutIndex,
    volumes: read.volumes,
    volumeBytes: read.bytes,
    volumeSeconds: read.seconds,
    seconds: (runtime.clock.now().getTime() - started.getTime()) / 1000,
    wholeBytes,
    ...(rate !== undefined && { wholeSeconds: wholeBytes / rate }),
    problems: findings.problems,
    warnings: findings.warnings,
  };
}

interface Run {
  readonly job: DrillJob & { readonly time: Date };
  readonly deps: ReadDeps;
  readonly runtime: Runtime;
  readonly findings: Findings;
  readonly target: Target;
  readonly sets: readonly BackupSet[];
}

/** One pass over the listing, of which no more is held than is chosen. */
async function choose({ job, deps, runtime, findings }: Run) {
  const named = outermost(job.paths);
  const missing = new Set(named);
  const reservoir = new Reservoir(job.files, job.seed);
  let files = 0;
  const listing = { time: job.time, prefixes: job.prefixes, useIndex: job.useIndex };
  for await (const entries of listBatches(listing, deps, runtime)) {
    for (const entry of entries) {
      if (entry.type === "file") files++;
      const inNamed = named.find((path) => isWithin(entry.path, path));
      if (inNamed !== undefined) missing.delete(inNamed);
      else if (entry.type === "file" && (entry.sizeRange?.max ?? 0) <= LARGEST) reservoir.offer(entry);
    }
  }
  for (const path of missing) findings.problem(`${displayPath(path)} is not in the backup`);
  return { files, random: reservoir.chosen, named: named.filter((path) => !missing.has(path)) };
}

/** With an index path by path, so that only what is needed is read; without one in one pass, so that no volume is read twice. */
async function restoreAll(
  run: Run,
  random: readonly ListedEntry[],
  named: readonly BytePath[],
  useIndex: boolean,
  scratch: Scratch,
): Promise<Pick<DrillReport, "entries" | "files" | "bytes">> {
  const { job, deps, runtime, findings, target, sets } = run;
  const context = readContext(deps, job.prefixes, runtime);
  const byPath = new Map(random.map((entry) => [entry.path, entry]));
  const all = outermost([...byPath.keys(), ...named]);
  const counts = { entries: 0, files: 0, bytes: 0 };
  for (const paths of useIndex ? all.map((path) => [path]) : all.length > 0 ? [all] : []) {
    const place = scratch.next();
    const { thaw } = job;
    counts.bytes += await tryRestore({ sets, target, paths, useIndex, place, ...(thaw && { thaw }) }, context, findings);
    for (const path of paths) {
      const chosen = byPath.get(path);
      const listing = { path, time: job.time, prefixes: job.prefixes, useIndex: job.useIndex };
      for await (const entry of chosen ? [chosen] : list(listing, deps, { ...runtime, emit: () => {} })) {
        if (findings.isUnwritten(entry.path)) continue;
        const problem = problemOf(entry, place);
        if (problem !== undefined) {
          findings.problem(problem);
          continue;
        }
        counts.entries++;
        if (entry.type === "file") counts.files++;
      }
    }
    scratch.clear();
  }
  return counts;
}

function storedBytes(sets: readonly BackupSet[], { sizes }: Target): number {
  return sets.flatMap(({ volumes }) => [...volumes.values()]).reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
}

/** Whether an error says that a restore would fail, and not that it could not be tried. */
export function disprovesRestore(error: unknown): error is DoppelError {
  if (!(error instanceof DoppelError) || isDoppelError(error, "openpgp.passphrase-needed")) return false;
  const { code }: DoppelError = error;
  return /^(?:openpgp|volume|collection|format)\./.test(code);
}
