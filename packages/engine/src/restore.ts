import { type BytePath, DoppelError, displayPath, type Runtime } from "@doppel/base";
import { checkRestoreTarget, OwnerNames, TreeWriter } from "@doppel/tree";
import type { ReadDeps, RestoreJob, RestoreReport } from "./job.ts";
import { readContext } from "./read/context.ts";
import { openLanes } from "./read/lanes.ts";
import { tellOfOrphans } from "./read/left-out.ts";
import { below, stateEntries } from "./read/state.ts";
import { readTarget, setsAt } from "./read/target.ts";
import { RestoreTally } from "./restore/tally.ts";

/**
 * Restores a tree as of a point in time: list, pick, fetch, check, unseal, untar, merge the sets, write. Every volume is
 * checked before a byte of it is used; a failure stops the restore, and nothing incomplete carries its final name.
 */
export async function restore(job: RestoreJob, deps: ReadDeps, runtime: Runtime): Promise<RestoreReport> {
  const { storage } = deps;
  checkRestoreTarget(job.target, job.force);
  runtime.emit({ type: "run.started", kind: "restore", target: storage.label, time: runtime.clock.now() });
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  const sets = setsAt(target, storage.label, runtime.clock.now(), job.time);
  const tally = new RestoreTally(runtime, job.verbose);
  const context = readContext(deps, job.prefixes, runtime);
  tellOfOrphans(target, sets, tally, job.time);
  await using lanes = await openLanes(sets, target, context, tally, {
    ...(job.path === undefined ? {} : { wanted: job.path }),
    ...(job.thaw && { thaw: job.thaw }),
    useIndex: job.useIndex,
  });
  const writer = new TreeWriter(job.target, {
    numericOwner: job.numericOwner,
    restoreOwner: job.restoreOwner,
    owners: OwnerNames.system(),
    force: job.force,
    random: runtime.random,
    onProblem: (problem) => tally.notice(problem),
  });
  try {
    for await (const { entry, content } of stateEntries(lanes.all, context)) {
      const placed = { ...entry, path: below(entry.path, job.path) };
      writer.begin(placed);
      tally.begin(placed);
      if (entry.type === "file") {
        for await (const chunk of content()) {
          writer.write(chunk);
          tally.data(chunk.length);
        }
      }
      writer.end();
      tally.end();
      runtime.signal.throwIfAborted();
    }
    if (tally.files === 0) throw nothingFound(job.path);
    writer.finish();
  } catch (error) {
    writer.abort();
    throw error instanceof DoppelError && tally.files > 0 ? partly(error, tally.files, job.target) : error;
  }
  runtime.emit({ type: "run.finished", kind: "restore", incomplete: tally.incomplete });
  return { files: tally.files, bytes: tally.bytes, incomplete: tally.incomplete };
}

function nothingFound(path: BytePath | undefined): DoppelError {
  if (path === undefined || path === "") {
    const reason = "it holds no entry, not even the root";
    return new DoppelError("format.bad-set", `the backup cannot be restored: ${reason}`, { set: "", reason });
  }
  const shown = displayPath(path);
  const message = `${shown} not found in archive - no files restored; \`list\` shows what is in it, --time chooses another backup`;
  return new DoppelError("restore.path-not-found", message, { path: shown });
}

/** What is there by now is sound, but a later look must not take it for the whole. */
function partly(error: DoppelError, files: number, target: BytePath): DoppelError {
  const entries = files === 1 ? "1 entry" : `${files} entries`;
  const message = `${error.message} (${displayPath(target)} holds an INCOMPLETE restore: ${entries}; remove it, or restore over it with --force)`;
  return new DoppelError(error.code, message, error.data, error);
}
