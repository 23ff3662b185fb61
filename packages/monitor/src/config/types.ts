import type { DoppelError } from "@doppel/base";

/** One server's backups, as a profiles file describes them. Every command takes `@name` in place of a URL. */
export interface Profile {
  readonly name: string;
  /** Without secrets. */
  readonly url: string;
  /** What is backed up, for the server's own profile: commands that back up need no SOURCE then. */
  readonly source?: string;
  /** Rules in order, as `[option, value]` of the command line. */
  readonly rules: readonly (readonly [option: string, value?: string])[];
  /** Options of the command line that hold for this profile, by their names without dashes; `true` for a flag. */
  readonly options: Readonly<Record<string, string | number | true | readonly string[]>>;
  readonly credentials?: CredentialsSource;
  /** Public keys a backup is encrypted to: files, or fingerprints. */
  readonly encryptTo: readonly string[];
  /** Fingerprints that those keys must have (40 or 64 hexadecimal digits). */
  readonly pinned: readonly string[];
  /** Ed25519 public key, PEM, of the server's receipts. */
  readonly receiptKey?: string;
  readonly expect: Expectations;
  readonly drill?: DrillPlan;
}

/** Where the credentials for S3 come from; undefined: as for every AWS program. */
export type CredentialsSource =
  /** Lines `AWS_ACCESS_KEY_ID=…`; only its owner may read it. */
  { readonly kind: "file"; readonly path: string } | { readonly kind: "aws-profile"; readonly name: string };

/** What the monitor holds a server to. */
export interface Expectations {
  /** IANA name: of the times below. */
  readonly timeZone: string;
  readonly schedule: Schedule;
  /** How much later than scheduled a backup may be finished. */
  readonly graceMinutes: number;
  /** Nothing is missed before then: an instant. */
  readonly pausedUntil?: Date;
  readonly kinds: "full" | "any";
  /** Fingerprints or key IDs, exactly these; empty: not looked at. */
  readonly keys: readonly string[];
  /** Top folders that must be in every backup. */
  readonly folders: readonly string[];
  /** After how many days the bucket forgets objects; undefined: it does not, or the listing tells. */
  readonly expireDays?: number;
  /** Alarm when the last good backup expires within so many days. */
  readonly expiryWarningDays: number;
  /** A backup smaller than this part of the median of those before is alarming. */
  readonly shrinkTo: number;
  /** Or so many times as large. */
  readonly growBy: number;
  /** A new set without a receipt is alarming (doppel makes one; stock does not). */
  readonly receipts: "required" | "optional";
}

export type Schedule =
  /** On these days of the week (0 = Sunday), at this minute of the day. */
  | { readonly kind: "daily"; readonly days: readonly number[]; readonly minuteOfDay: number }
  | { readonly kind: "every"; readonly hours: number };

/** How often a restore has to be proven, and what of it. */
export interface DrillPlan {
  readonly everyDays: number;
  /** Random files of a drill. */
  readonly files: number;
  /** Always restored. */
  readonly paths: readonly string[];
}

/** A whole profiles file. */
export interface Profiles {
  /** Absolute path, for messages. */
  readonly file: string;
  readonly byName: ReadonlyMap<string, Profile>;
  /** Profiles that cannot be used, and why: a slip in one does not take the others away. No name is in both maps. */
  readonly bad: ReadonlyMap<string, DoppelError<"profiles.bad">>;
  /** Targets of those in `bad` that can be read: somebody means to look after them. */
  readonly badUrls?: readonly string[];
  /** The line of something in the file, from 1, by the keys that lead to it (`["profiles", "web1", "url"]`); undefined: it is not there. */
  readonly lineOf: (path: readonly (string | number)[]) => number | undefined;
  readonly monitor: MonitorSettings;
}

export interface MonitorSettings {
  /** Folder for what the monitor and drills remember. */
  readonly state: string;
  /** Targets looked at at a time. */
  readonly parallel: number;
  readonly alerts: AlertSettings;
  /** Prefixes under which servers keep their backups, to find those that no profile names: URLs. */
  readonly roots: readonly string[];
}

export interface AlertSettings {
  /** An open alert is told again after so many hours. */
  readonly repeatHours: number;
  readonly mail?: MailSettings;
  readonly webhooks: readonly { readonly url: string; readonly headers: Readonly<Record<string, string>> }[];
  /** Program and arguments; the alert is JSON on its standard input. */
  readonly commands: readonly (readonly string[])[];
  /** GET when all is well, `/fail` behind it when not, as healthchecks does. */
  readonly pings: readonly string[];
  /** Told every day at this minute, even when all is well. */
  readonly digestAtMinute?: number;
  /** IANA name: of the digest, and of times in texts. */
  readonly timeZone: string;
}

export interface MailSettings {
  readonly from: string;
  readonly to: readonly string[];
  /** `smtp://user@host:587`, or "sendmail". */
  readonly transport: string;
  readonly passwordFile?: string;
  /** PEM of who signed the mail server's certificate, in the place of those that this machine knows. */
  readonly caFile?: string;
}
