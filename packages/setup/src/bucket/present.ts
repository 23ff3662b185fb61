import type { BucketAdmin } from "@doppel/storage";
import { withVersionsOf } from "./apply.ts";
import { lifecycleFor } from "./lifecycle.ts";
import type { BucketWish } from "./plan.ts";
import type { Advice } from "./warnings.ts";

/** A wish, and what of it nobody said in this run: it is there already, and stays. */
export interface CompletedWish {
  readonly wish: BucketWish;
  readonly kept: readonly Advice[];
}

/**
 * The wish with the versions and the days that this server's rules have in the bucket, where it names none: a run that is about
 * something else takes nothing away.
 */
export async function withPresent(admin: BucketAdmin, asked: BucketWish): Promise<CompletedWish> {
  const wish = await withVersionsOf(admin, asked);
  const rules = (await admin.exists()) ? await admin.lifecycle() : ({ kind: "absent" } as const);
  if (rules.kind !== "is") return { wish, kept: [] };
  const own = lifecycleFor(wish.prefix, { expire: 1, abortUploads: 1 }).map(({ id }) => id);
  const present = rules.value.filter(({ id, enabled }) => enabled && own.includes(id));
  const kept: Advice[] = [];
  const keep = (option: "expireDays" | "noncurrentDays", what: string, name: string): number | undefined => {
    if (wish[option] !== undefined) return wish[option];
    const days = present.map((rule) => rule[option]).find((value) => value !== undefined);
    if (days !== undefined)
      kept.push({ level: "note", code: "kept", text: `kept: ${what} after ${days} days, as before (${name})` });
    return days;
  };
  const expireDays = keep("expireDays", "backups expire", "--expire-days");
  const noncurrentDays = keep("noncurrentDays", "old versions go", "--noncurrent-days");
  return {
    wish: { ...wish, ...(expireDays !== undefined && { expireDays }), ...(noncurrentDays !== undefined && { noncurrentDays }) },
    kept,
  };
}
