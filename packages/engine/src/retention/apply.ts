import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DoppelError, errnoOf, type Runtime } from "@doppel/base";
import type { Storage } from "@doppel/storage";
import type { Deletions } from "./deletions.ts";

/** Names in one call: enough for storages that delete in bulk, few enough that an interruption is felt. */
const BATCH = 100;

/**
 * Deletes what was planned, in its order, and emits `object.deleted` for each object that is gone. Stops at the first
 * failure: what has lost its manifest by then is an unfinished set, which is cleanup's.
 *
 * @throws what the storage threw, with a message that says how far it came; archive-dir.unusable
 */
export async function applyDeletions(
  deletions: Deletions,
  storage: Storage,
  archiveDir: string,
  runtime: Runtime,
): Promise<void> {
  const { manifests, signatures, volumes, local } = deletions;
  const batches = [...manifests.map((name) => [name]), ...inBatches(signatures), ...inBatches(volumes)];
  let done = 0;
  for (const names of batches) {
    runtime.signal.throwIfAborted();
    try {
      await storage.delete(names, runtime.signal);
    } catch (error) {
      throw stopped(error, batches.flat(), done, names.length);
    }
    for (const name of names) runtime.emit({ type: "object.deleted", name });
    done += names.length;
  }
  for (const name of local) await removeLocal(archiveDir, name);
}

function inBatches(names: readonly string[]): readonly (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < names.length; at += BATCH) batches.push(names.slice(at, at + BATCH));
  return batches;
}

function stopped(error: unknown, names: readonly string[], done: number, tried: number): unknown {
  if (!(error instanceof DoppelError)) return error;
  const left = names.length - done - tried;
  const before = done === 0 ? "nothing is deleted" : `${done} of ${names.length} objects are deleted, up to ${names[done - 1]}`;
  const here = tried === 1 ? `${names[done]} is not` : `of the next ${tried}, from ${names[done]} on, some may be`;
  const after = left === 0 ? "" : `, and ${left} more were not tried, from ${names[done + tried]} on`;
  const message = `${error.message}. Deleting stopped there: ${before}; ${here}${after}. No set looks complete that is not: once the cause is mended, run the same command again, and then cleanup, which takes the rest of what was begun`;
  return new DoppelError(error.code, message, error.data, error);
}

async function removeLocal(archiveDir: string, name: string): Promise<void> {
  try {
    await rm(join(archiveDir, name), { force: true });
  } catch (error) {
    const message = `${name} in the archive directory ${archiveDir} cannot be removed (${errnoOf(error) ?? String(error)}), though the target has lost it; remove it by hand`;
    throw new DoppelError("archive-dir.unusable", message, { path: archiveDir }, error);
  }
}
