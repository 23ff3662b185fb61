import { type BytePath, type ByteStream, displayPath, DoppelError, type Runtime } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
import type { ReadDeps } from "./job.ts";
import { readContext } from "./read/context.ts";
import { openLanes } from "./read/lanes.ts";
import { isLoss } from "./read/lost/loss.ts";
import { nothingFound } from "./read/nothing-found.ts";
import { stateEntries } from "./read/state.ts";
import { readTarget, setsAt } from "./read/target.ts";
import { RestoreTally } from "./restore/tally.ts";

export interface ReadFileJob {
  readonly path: BytePath;
  /** The state as of this time; undefined: the latest. */
  readonly time?: Date;
  readonly prefixes: NamePrefixes;
}

/**
 * The content of one file as a stream, each chunk the caller's until the next is asked for. Where its sets have an index only the
 * parts of volumes that hold it are fetched, and its SHA-256 proves them at the end: an error then means that what was given is not
 * to be trusted. Without an index volumes are checked whole before a byte is given. Where an index leads to damage before anything was given,
 * whole volumes are read instead. A file that was changed by increments is put together: up to 4 MiB in memory, and otherwise in a file in
 * `tempDir` that has no name; one that lies in a full set never touches the disk, but for volumes that do not fit in memory (16 MiB).
 * @throws restore.path-not-found, restore.not-a-file; collection.*, volume.*, openpgp.*, storage.*
 */
export async function* readFile(job: ReadFileJob, deps: ReadDeps, runtime: Runtime): ByteStream {
  const { storage } = deps;
  const target = await readTarget(storage, job.prefixes, runtime.signal);
  const sets = setsAt(target, storage.label, runtime.clock.now(), job.time);
  const from = async function* (useIndex: boolean): ByteStream {
    const context = readContext(deps, job.prefixes, runtime);
    const choice = { wanted: [job.path], useIndex, keepGoing: false, careful: true };
    await using lanes = await openLanes(sets, target, context, new RestoreTally(runtime, false), choice);
    for await (const item of stateEntries(lanes.all, context, false)) {
      if ("lost" in item || item.entry.path !== job.path) continue;
      if (item.entry.type !== "file") throw notAFile(job.path, item.entry.type);
      yield* item.content();
      return;
    }
    throw nothingFound(job.path, "read");
  };
  let given = false;
  try {
    for await (const chunk of from(true)) {
      given = true;
      yield chunk;
    }
  } catch (error) {
    if (given || !isLoss(error)) throw error;
    yield* from(false);
  }
}

function notAFile(path: BytePath, type: string): DoppelError {
  const shown = displayPath(path);
  return new DoppelError("restore.not-a-file", `${shown} is a ${type} in the backup, and only files have content to read`, {
    path: shown,
  });
}
