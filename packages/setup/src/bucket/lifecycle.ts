import { createHash } from "node:crypto";
import type { LifecycleRule } from "@doppel/storage";

/** How long things stay; all in days. */
export interface KeepDays {
  /** Backups, from the day they were stored; undefined: as long as nobody deletes them. */
  readonly expire?: number;
  /** Uploads that were begun and not finished. */
  readonly abortUploads: number;
  /** What was written over, deleted or has expired, in a bucket with versions. */
  readonly noncurrent?: number;
}

/** The rules for a server's prefix. Each has an id of its own, so that making them again replaces them. */
export function lifecycleFor(prefix: string, { expire, abortUploads, noncurrent }: KeepDays): readonly LifecycleRule[] {
  const enabled = true;
  const versioned = noncurrent !== undefined;
  const ending = {
    ...(expire !== undefined && { expireDays: expire }),
    ...(versioned && { noncurrentDays: noncurrent }),
  };
  const rules: LifecycleRule[] = [
    // S3 takes no rule that speaks of days and of delete markers at once.
    {
      id: ruleId("tidy", prefix),
      enabled,
      prefix,
      abortUploadDays: abortUploads,
      ...(versioned && { expireDeleteMarkers: true }),
    },
  ];
  return Object.keys(ending).length === 0 ? rules : [{ id: ruleId("expire", prefix), enabled, prefix, ...ending }, ...rules];
}

/** At most 255 characters. */
function ruleId(what: string, prefix: string): string {
  const id = `doppel-${what}:${prefix}`;
  return Buffer.byteLength(id) <= 255 ? id : `doppel-${what}:${createHash("sha256").update(prefix).digest("hex")}`;
}

/** Rules of others that delete this server's backups as well, and sooner. */
export function hastierRules(
  rules: readonly LifecycleRule[],
  prefix: string,
  expire: number | undefined,
): readonly LifecycleRule[] {
  const own = lifecycleFor(prefix, { expire: 1, abortUploads: 1 }).map(({ id }) => id);
  return rules.filter(
    ({ id, enabled, prefix: of, expireDays }) =>
      enabled &&
      !own.includes(id) &&
      expireDays !== undefined &&
      expireDays < (expire ?? Number.POSITIVE_INFINITY) &&
      (prefix.startsWith(of) || of.startsWith(prefix)),
  );
}
