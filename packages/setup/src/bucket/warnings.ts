import type { LockRetention, S3StorageClass } from "@doppel/storage";
import type { KeepDays } from "./lifecycle.ts";

/** Something to know about a choice; `note` is only worth knowing. */
export interface Advice {
  readonly level: "warning" | "note";
  /** For programs. */
  readonly code:
    | "never-expires"
    | "last-backup-expires"
    | "chain-expires"
    | "minimum-duration"
    | "versions-grow"
    | "short-notice"
    | "no-versions"
    | "lock-outlives"
    | "lock-short"
    | "hastier-rule"
    | "no-principals"
    | "owner"
    | "stock"
    | "kept"
    | "replaced"
    | "whole-bucket";
  readonly text: string;
}

/** What is to be judged. */
export interface ExpiryChoice {
  readonly days: KeepDays;
  /** Days between full backups; 1 when there are only full ones. */
  readonly chainDays: number;
  readonly storageClass?: S3StorageClass;
  readonly versioning: boolean;
  readonly lock?: LockRetention;
  /** The writer may not overwrite, by policy. */
  readonly createOnly?: boolean;
}

/** Fewer missed nights than this until the last backup is gone are too few: a holiday is as long. */
const NIGHTS = 14;
/** Days from an attack to its discovery. */
const NOTICE_DAYS = 14;

/** AWS charges for so many days at least, however short an object was there. */
const MINIMUM_DAYS: Readonly<Partial<Record<S3StorageClass, number>>> = {
  STANDARD_IA: 30,
  ONEZONE_IA: 30,
  GLACIER_IR: 90,
  GLACIER: 90,
  DEEP_ARCHIVE: 180,
};

/** What the choice of an expiry, of versions and of a lock leads to. Nothing here forbids it. */
export function expiryWarnings(choice: ExpiryChoice): readonly Advice[] {
  return [...ofExpiry(choice), ...ofClass(choice), ...ofVersions(choice), ...ofLock(choice)];
}

/** Nights that may be missed before the last good backup is gone: a set is as old as the full one that it builds upon. */
export function nightsUntilNothing(expireDays: number, chainDays: number): number {
  return Math.max(0, expireDays - chainDays);
}

function ofExpiry({ days: { expire }, chainDays }: ExpiryChoice): readonly Advice[] {
  if (expire === undefined) {
    return [
      {
        level: "note",
        code: "never-expires",
        text: "nothing expires: old backups stay, and cost, until somebody deletes them (--expire-days)",
      },
    ];
  }
  if (chainDays > 1 && expire <= chainDays) {
    const text = `a full backup expires after ${many(expire, "day")}, and increments of ${many(chainDays, "day")} build upon it: they are useless before the next full one; use --expire-days of more than ${chainDays}, or full backups more often`;
    return [{ level: "warning", code: "chain-expires", text }];
  }
  const nights = nightsUntilNothing(expire, chainDays);
  const last =
    chainDays > 1
      ? `if backups stop, the full one that the last backup builds upon may be ${many(chainDays, "day")} old`
      : "if backups stop, the last one expires like any other";
  const text = `${last}: ${many(nights, "night")} may be missed, then no good backup is left`;
  return nights < NIGHTS
    ? [
        {
          level: "warning",
          code: "last-backup-expires",
          text: `${text}; longer is safer (--expire-days), and a monitor must notice before`,
        },
      ]
    : [{ level: "note", code: "last-backup-expires", text: `${text}; a monitor must notice before` }];
}

function ofClass({ days: { expire, noncurrent }, storageClass }: ExpiryChoice): readonly Advice[] {
  const least = storageClass && MINIMUM_DAYS[storageClass];
  const stays = expire === undefined ? undefined : expire + (noncurrent ?? 0);
  if (least === undefined || stays === undefined || stays >= least) return [];
  const text = `${storageClass} is charged for ${least} days at least, and objects go after ${stays}: STANDARD may be cheaper, or keep them for ${least} days`;
  return [{ level: "warning", code: "minimum-duration", text }];
}

function ofVersions({ days: { noncurrent }, versioning, createOnly, lock }: ExpiryChoice): readonly Advice[] {
  if (!versioning) {
    if (createOnly === true) return [];
    const text =
      "whoever steals the writer's credentials can write over every backup, and nothing keeps what was there: use --versioning, --object-lock, or --create-only (AWS)";
    return [{ level: "warning", code: "no-versions", text }];
  }
  if (noncurrent === undefined) {
    return [
      {
        level: "warning",
        code: "versions-grow",
        text: "versions that are written over, deleted or expired stay, and cost, for ever (--noncurrent-days)",
      },
    ];
  }
  if (noncurrent >= NOTICE_DAYS || (lock !== undefined && lock.days >= NOTICE_DAYS)) return [];
  const text = `a backup that a thief writes over lives on for ${many(noncurrent, "day")}: who notices later has nothing; ${NOTICE_DAYS} or more are better (--noncurrent-days)`;
  return [{ level: "warning", code: "short-notice", text }];
}

function ofLock({ days: { expire, noncurrent = 0 }, lock }: ExpiryChoice): readonly Advice[] {
  if (lock === undefined || expire === undefined) return [];
  if (lock.days > expire + noncurrent) {
    const text = `locked for ${lock.days} days, objects stay, and cost, beyond the ${expire + noncurrent} days after which they would go`;
    return [{ level: "note", code: "lock-outlives", text }];
  }
  if (lock.days >= expire) return [];
  const text = `the lock ends ${many(expire - lock.days, "day")} before a backup expires: from then on whoever may delete versions can delete it`;
  return [{ level: "note", code: "lock-short", text }];
}

function many(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
