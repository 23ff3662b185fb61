import type { Runtime } from "@doppel/base";
import type { NamePrefixes } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { applyDeletions } from "./retention/apply.ts";
import { readInventory } from "./retention/inventory.ts";
import { planRetention, type RetentionPlan } from "./retention/plan-retention.ts";
import type { RetentionPolicy } from "./retention/policy.ts";

export interface RetainJob {
  readonly policy: RetentionPolicy;
  readonly prefixes: NamePrefixes;
  /** Without it nothing is deleted: the plan is all. */
  readonly force: boolean;
}

/** What every command needs that deletes: it reads no object, and no key. */
export interface DeleteDeps {
  readonly storage: Storage;
  /** Absolute path; it need not be there. */
  readonly archiveDir: string;
}

export interface RetainReport {
  readonly target: string;
  readonly plan: RetentionPlan;
  /** Whether the plan was carried out. */
  readonly applied: boolean;
}

/** Removes old backups by a policy: plans from one listing and, with `force`, deletes. */
export async function retain(job: RetainJob, deps: DeleteDeps, runtime: Runtime): Promise<RetainReport> {
  const { storage, archiveDir } = deps;
  const plan = planRetention(await readInventory(storage, archiveDir, job.prefixes, runtime.signal), job.policy);
  if (job.force) await applyDeletions(plan.deletions, storage, archiveDir, runtime);
  return { target: storage.label, plan, applied: job.force };
}
