import type { Finding, Severity } from "./judge/finding.ts";

/** What one check has found. */
export interface MonitorReport {
  readonly time: Date;
  /** By name. */
  readonly profiles: readonly ProfileReport[];
  /** What concerns more than one server. */
  readonly fleet: readonly FleetFinding[];
  /** Whether all profiles were looked at, so that what is not found is over. */
  readonly isWhole: boolean;
}

export interface FleetFinding extends Finding {
  /** An endpoint, or a root. */
  readonly subject: string;
}

export interface ProfileReport {
  readonly name: string;
  /** Without secrets; undefined when the profile itself is not readable. */
  readonly url?: string;
  readonly severity: Severity;
  /** The gravest first. */
  readonly findings: readonly Finding[];
  /** Why nothing is known now: its target could not be looked at. */
  readonly failure?: string;
  readonly summary?: Summary;
}

export interface Summary {
  readonly lastBackup?: {
    readonly time: Date;
    readonly kind: "full" | "inc";
    readonly storedBytes: number;
    /** Of the files, when a receipt tells. */
    readonly sourceBytes?: number;
  };
  /** The newest state that can be restored, as far as can be told without the key. */
  readonly lastGood?: Date;
  /** When the bucket will have deleted all that can be restored. */
  readonly lastGoodExpires?: Date;
  /** The oldest that a newest backup may be at this moment: seconds. */
  readonly maxAgeSeconds?: number;
  /** When the next backup will count as missed. */
  readonly nextDeadline?: Date;
  readonly pausedUntil?: Date;
  readonly sets: number;
  readonly objects: number;
  readonly bytes: number;
  /** The last test restore that worked. */
  readonly lastProven?: Date;
  /** How long a restore of everything would take, at the rate of that. */
  readonly restoreSeconds?: number;
  readonly timeZone: string;
}
