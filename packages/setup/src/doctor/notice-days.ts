import type { BucketAdmin } from "@doppel/storage";

/**
 * For how many days what is written over or deleted lives on in a bucket that keeps versions, by its lifecycle and lock; undefined
 * when these may not be seen.
 */
export async function noticeDays(admin: BucketAdmin): Promise<number | "for ever" | undefined> {
  const [lifecycle, lock] = [await admin.lifecycle(), await admin.lock()];
  if (lifecycle.kind === "denied") return undefined;
  const rules = lifecycle.kind === "is" ? lifecycle.value : [];
  const days = rules.flatMap(({ enabled, prefix, noncurrentDays }) =>
    enabled && noncurrentDays !== undefined && admin.prefix.startsWith(prefix) ? [noncurrentDays] : [],
  );
  if (days.length === 0) return "for ever";
  // A lock counts from the day of storing: a backup of yesterday is held nearly as long.
  const locked = lock.kind === "is" && lock.value !== "no default" ? lock.value.days : 0;
  return Math.max(Math.min(...days), locked);
}
