import type { Runtime } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
import type { DeleteDeps } from "./retain.ts";
import { announceCollection } from "./read/announce-collection.ts";
import { applyDeletions } from "./retention/apply.ts";
import { readInventory, readUnfinished } from "./retention/inventory.ts";
import { type CleanupOptions, type CleanupPlan, planCleanup } from "./retention/plan-cleanup.ts";

export interface CleanupJob extends CleanupOptions {
  readonly prefixes: NamePrefixes;
  /** Without it nothing is deleted: the plan is all. It does not lower `minimumAgeMs`. */
  readonly force: boolean;
}

/** What a cleanup takes, or would take. */
export interface CleanupReport {
  /** The URL without secrets. */
  readonly target: string;
  /** What goes, and what stays and why. */
  readonly plan: CleanupPlan;
  /** Whether the plan was carried out. */
  readonly applied: boolean;
}

/** Removes what no backup needs: plans from one listing and, with `force`, deletes; unfinished uploads last. */
export async function cleanup(job: CleanupJob, deps: DeleteDeps, runtime: Runtime): Promise<CleanupReport> {
  const { storage, archiveDir } = deps;
  const inventory = await readInventory(storage, archiveDir, job.prefixes, runtime.signal);
  await announceCollection(inventory, archiveDir, job.prefixes, runtime);
  const unfinished = await readUnfinished(storage, job.prefixes, runtime);
  const plan = planCleanup(inventory, runtime.clock.now(), job, unfinished);
  if (job.force) {
    await applyDeletions(plan.deletions, storage, archiveDir, runtime);
    if (plan.uploads.length > 0) await storage.abortUnfinished?.(plan.uploads, runtime.signal);
  }
  return { target: storage.label, plan, applied: job.force };
}
