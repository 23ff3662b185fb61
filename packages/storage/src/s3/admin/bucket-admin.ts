/** What was found when a bucket was asked for a setting. */
export type Seen<T> =
  | { readonly kind: "is"; readonly value: T }
  | { readonly kind: "absent" }
  /** Not for these credentials. */
  | { readonly kind: "denied" }
  /** Not known to this server. */
  | { readonly kind: "unsupported" };

/** A policy document, as AWS writes it. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | { readonly AWS: string | readonly string[] };
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** One lifecycle rule, of those that matter to backups. Days count from creation. */
export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  /** Keys that it is about. */
  readonly prefix: string;
  readonly expireDays?: number;
  readonly abortUploadDays?: number;
  readonly noncurrentDays?: number;
  readonly expireDeleteMarkers?: boolean;
}

export interface LockRetention {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly days: number;
}

/**
 * A bucket's settings, for who sets up and who audits; backing up needs none of it. Reading never throws for want of permission.
 * What is written is read back, where it may be read, and is then as it was asked for.
 * @throws storage.* for everything else; storage.refused also for a setting that the server took and does not show
 */
export interface BucketAdmin extends AsyncDisposable {
  readonly bucket: string;
  /** Key prefix of the target, with a slash at its end unless empty. */
  readonly prefix: string;
  /** For people. */
  readonly label: string;
  /** Host of a server other than AWS. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** What the server says it is: `AmazonS3`, `RADOS Gateway` (Ceph's), or whatever its answers name; "" when they name nothing. */
  readonly software: string;
  /** How much the server's clock is ahead of ours, as it was opened, to about a second; undefined when its answers have no date. */
  readonly aheadMs: number | undefined;
  exists(): Promise<boolean>;
  create(options: { readonly objectLock: boolean }): Promise<void>;
  policy(): Promise<Seen<PolicyDocument>>;
  setPolicy(policy: PolicyDocument): Promise<void>;
  /** Rules that say what `LifecycleRule` cannot hold are left as they are by `setLifecycle`, and not shown. */
  lifecycle(): Promise<Seen<readonly LifecycleRule[]>>;
  /** Replaces rules of the same ids, and leaves all others. */
  setLifecycle(rules: readonly LifecycleRule[]): Promise<void>;
  versioning(): Promise<Seen<"Enabled" | "Suspended">>;
  enableVersioning(): Promise<void>;
  lock(): Promise<Seen<LockRetention | "no default">>;
  setLock(retention: LockRetention): Promise<void>;
}

/** What whoever holds stolen credentials would try. */
export type Attempt =
  | "store" //              must succeed: a new object
  | "read back" //          must succeed for increments: that object
  | "delete" //             the rest must be refused
  | "overwrite" //          a PutObject without If-None-Match over it
  | "overwrite in parts" // the same by an upload in parts
  | "delete a version" //   also under a retention in governance mode
  | "change the lifecycle"
  | "change the policy"
  | "change versioning"
  | "list a neighbour" //   what lies outside the prefix; these two only when there is one
  | "read a neighbour"; //  an object outside the prefix

export interface AttemptResult {
  readonly attempt: Attempt;
  /** `unknown`: the server answered neither way; `detail` says what. */
  readonly result: "succeeded" | "refused" | "unknown";
  /** For people: one line, without the attempt's name. */
  readonly detail: string;
  /** Of an overwrite or a deletion that succeeded: the bucket keeps a version of what was there, which `--as-of` reads. */
  readonly kept?: boolean;
  /** Tried on a name that nobody has: what lies there may be guarded otherwise. */
  readonly isGuess?: true;
}
