import type { Runtime } from "@doppel/base";
import { formatTime, type NamePrefixes } from "@doppel/format";
import type { Storage } from "@doppel/storage";
import { announceCollection } from "./read/announce-collection.ts";
import { applyDeletions } from "./retention/apply.ts";
import { readDamage } from "./retention/damage.ts";
import { readInventory } from "./retention/inventory.ts";
import { planRetention, type RetentionPlan } from "./retention/plan-retention.ts";
import type { RetentionPolicy } from "./retention/policy.ts";

export interface RetainJob {
  readonly policy: RetentionPolicy;
  readonly prefixes: NamePrefixes;
  /** Without it nothing is deleted: the plan is all. */
  readonly force: boolean;
}

/** What every command needs that deletes: it needs no key. */
export interface DeleteDeps {
  readonly storage: Storage;
  /** Absolute path; it need not be there. */
  readonly archiveDir: string;
}

/** What a policy takes, or would take. */
export interface RetainReport {
  /** The URL without secrets. */
  readonly target: string;
  /** What goes, and what stays and why. */
  readonly plan: RetentionPlan;
  /** Whether the plan was carried out. */
  readonly applied: boolean;
}

/**
 * Removes old backups by a policy: plans from one listing and from the manifests that need no key and, with `force`,
 * deletes. Damage in what stays is noticed: it may have kept more than the policy asks for.
 */
export async function retain(job: RetainJob, deps: DeleteDeps, runtime: Runtime): Promise<RetainReport> {
  const { storage, archiveDir } = deps;
  const { signal } = runtime;
  const inventory = await readInventory(storage, archiveDir, job.prefixes, signal);
  await announceCollection(inventory, archiveDir, job.prefixes, runtime);
  const plan = planRetention(inventory, job.policy, await readDamage(inventory, { storage, archiveDir, signal }));
  for (const { damage } of plan.kept) {
    const [first, ...more] = damage;
    if (first === undefined) continue;
    const and = more.length === 0 ? "" : `, and ${more.length} more of its chain are damaged`;
    const detail = `the backup of ${formatTime(first.set.id.end)} is DAMAGED: ${first.losses.join("; ")}${and}; its chain does not count as one that is kept: bring what is missing back from a copy, or make a full backup`;
    runtime.emit({ type: "notice", reason: "damaged", incomplete: true, detail });
  }
  if (job.force) await applyDeletions(plan.deletions, storage, archiveDir, runtime);
  return { target: storage.label, plan, applied: job.force };
}
