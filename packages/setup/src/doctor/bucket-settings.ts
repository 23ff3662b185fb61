import type { BucketAdmin, LifecycleRule, LockRetention, Seen } from "@doppel/storage";
import { nightsUntilNothing } from "../bucket/warnings.ts";
import { chainDaysOf, newestGood } from "./backups-seen.ts";
import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";
import { skewFinding } from "./skew.ts";

const DAY_MS = 86_400_000;
/** Days from an attack, or from the last backup, to somebody's noticing. */
const NOTICE_DAYS = 14;

/** Versioning, Object Lock and lifecycle, as far as they may be seen, and what they lead to; and the server's clock. */
export const bucketSettings: Check = async (context) => {
  const { bucket } = context.target;
  if (bucket === undefined) return [];
  const admin = await bucket.admin();
  const [versioning, lock, lifecycle] = [await admin.versioning(), await admin.lock(), await admin.lifecycle()];
  const hasVersions = versioning.kind === "is" && versioning.value === "Enabled";
  const rules =
    lifecycle.kind === "is" ? lifecycle.value.filter(({ enabled, prefix }) => enabled && admin.prefix.startsWith(prefix)) : [];
  return [
    ofVersioning(versioning),
    ofLock(lock),
    ...(lifecycle.kind === "denied" || lifecycle.kind === "unsupported"
      ? [unseen("lifecycle", "the bucket's lifecycle", lifecycle.kind)]
      : [...ofUploads(rules), ...ofOldVersions(rules, hasVersions, lock), ...(await ofExpiry(rules, context))]),
    ...clockOf(admin),
  ];
};

function unseen(id: string, what: string, kind: "denied" | "unsupported"): Finding {
  if (kind === "unsupported") return { id, level: "skipped", title: what, detail: "this server knows nothing of it" };
  const detail = "cannot be seen with these credentials, which is right for a server; run doctor with those of the monitor";
  return { id, level: "skipped", title: what, detail };
}

function ofVersioning(seen: Seen<"Enabled" | "Suspended">): Finding {
  const id = "versioning";
  if (seen.kind === "denied" || seen.kind === "unsupported") return unseen(id, "versioning of the bucket", seen.kind);
  if (seen.kind === "is" && seen.value === "Enabled")
    return { id, level: "pass", title: "the bucket keeps versions of what is written over" };
  const suspended = seen.kind === "is" ? "versioning is suspended" : "the bucket keeps no versions";
  return {
    id,
    level: "warn",
    title: `${suspended}: what is written over is gone`,
    remedy: "`doppel setup bucket URL --versioning --apply`, with the credentials of an admin",
  };
}

function ofLock(seen: Seen<LockRetention | "no default">): Finding {
  const id = "object-lock";
  if (seen.kind === "denied" || seen.kind === "unsupported") return unseen(id, "Object Lock of the bucket", seen.kind);
  if (seen.kind === "is" && seen.value !== "no default") {
    const { mode, days } = seen.value;
    return { id, level: "pass", title: `Object Lock holds every backup for ${many(days)} (${mode.toLowerCase()} mode)` };
  }
  const title = seen.kind === "is" ? "the bucket has Object Lock, without a default retention" : "the bucket has no Object Lock";
  const detail =
    "with it not even who may delete versions deletes a backup, unless he may bypass governance mode, too: `doppel setup bucket URL --object-lock DAYS`";
  return { id, level: "skipped", title, detail };
}

function ofUploads(rules: readonly LifecycleRule[]): readonly Finding[] {
  const id = "lifecycle:uploads";
  const days = shortest(rules, "abortUploadDays");
  if (days !== undefined) return [{ id, level: "pass", title: `unfinished uploads are dropped after ${many(days)}` }];
  const remedy = "`doppel setup bucket URL --apply` makes that rule, with the credentials of an admin";
  return [{ id, level: "warn", title: "unfinished uploads stay, and cost, for ever", remedy }];
}

function ofOldVersions(
  rules: readonly LifecycleRule[],
  hasVersions: boolean,
  lock: Seen<LockRetention | "no default">,
): readonly Finding[] {
  if (!hasVersions) return [];
  const id = "lifecycle:versions";
  const days = shortest(rules, "noncurrentDays");
  if (days === undefined) {
    const remedy = "`doppel setup bucket URL --versioning --noncurrent-days 30 --apply`";
    return [{ id, level: "warn", title: "old versions stay, and cost, for ever", remedy }];
  }
  const locked = lock.kind === "is" && lock.value !== "no default" ? lock.value.days : 0;
  const lives = Math.max(days, locked);
  const title = `what is written over or deleted lives on for ${many(lives)}`;
  if (lives >= NOTICE_DAYS) return [{ id, level: "pass", title }];
  const remedy = `\`doppel setup bucket URL --versioning --noncurrent-days ${NOTICE_DAYS}\` or more: who notices later has nothing`;
  return [{ id, level: "warn", title, remedy }];
}

/** Whether the bucket may delete the last good backup before anybody notices that there are no new ones. */
async function ofExpiry(rules: readonly LifecycleRule[], { backups, runtime }: DoctorContext): Promise<readonly Finding[]> {
  const id = "lifecycle:expiry";
  const days = shortest(rules, "expireDays");
  if (days === undefined) {
    return [{ id, level: "pass", title: "nothing expires: backups stay until somebody deletes them" }];
  }
  const report = await backups.status();
  const good = newestGood(report);
  const remedy = "a longer --expire-days of `doppel setup bucket`, and a monitor that notices missing backups";
  if (good !== undefined) {
    // A chain is as old as the full backup that all of it builds upon.
    const ends = new Date(good.chain.full.id.end.getTime() + days * DAY_MS);
    const left = (ends.getTime() - runtime.clock.now().getTime()) / DAY_MS;
    if (left < Math.min(NOTICE_DAYS, days / 2)) {
      const title =
        left <= 0 ? "the last good backup may expire at any time" : `the last good backup expires in ${many(Math.ceil(left))}`;
      const detail = `it builds upon the full backup of ${good.chain.full.id.end.toISOString().slice(0, 10)}, and the bucket deletes objects after ${many(days)}`;
      return [{ id, level: left < 2 ? "fail" : "warn", title, detail, remedy: `make a full backup now; then ${remedy}` }];
    }
  }
  const nights = nightsUntilNothing(days, chainDaysOf(report, backups.fullOnly));
  const title = `backups expire after ${many(days)}: ${nights} night${nights === 1 ? "" : "s"} may be missed until no good one is left`;
  return [nights < NOTICE_DAYS ? { id, level: "warn", title, remedy } : { id, level: "pass", title }];
}

function clockOf({ aheadMs, label }: BucketAdmin): readonly Finding[] {
  if (aheadMs === undefined) {
    return [
      { id: "clock", level: "skipped", title: "the clock", detail: `the answers of ${label} have no date to compare with` },
    ];
  }
  return [skewFinding(aheadMs, "the storage server's")];
}

function shortest(
  rules: readonly LifecycleRule[],
  kind: "expireDays" | "abortUploadDays" | "noncurrentDays",
): number | undefined {
  const days = rules.flatMap((rule) => rule[kind] ?? []);
  return days.length === 0 ? undefined : Math.min(...days);
}

function many(days: number): string {
  return `${days} day${days === 1 ? "" : "s"}`;
}
