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
  /** Of the language. */
  readonly Version: "2012-10-17";
  /** In any order. */
  readonly Statement: readonly PolicyStatement[];
}

/** Who may do what, or may not. See AWS's description of policies. */
export interface PolicyStatement {
  /** A name for it. */
  readonly Sid?: string;
  /** A denial wins over all that allows. */
  readonly Effect: "Allow" | "Deny";
  /** Whom it is about; `*`: everybody. Only in policies of buckets. */
  readonly Principal?: "*" | { readonly AWS: string | readonly string[] };
  /** What it is about, as `s3:PutObject`. */
  readonly Action?: string | readonly string[];
  /** All but this. */
  readonly NotAction?: string | readonly string[];
  /** ARNs of the bucket or of objects in it. */
  readonly Resource: string | readonly string[];
  /** When it holds: operator, then key, then values. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** One lifecycle rule, of those that matter to backups. Days count from creation. */
export interface LifecycleRule {
  /** Its name: a rule replaces the one of the same. */
  readonly id: string;
  /** Whether it is in force. */
  readonly enabled: boolean;
  /** Keys that it is about. */
  readonly prefix: string;
  /** After so many days objects are deleted. */
  readonly expireDays?: number;
  /** After so many days unfinished uploads are given up. */
  readonly abortUploadDays?: number;
  /** So many days after they were written over or deleted, versions are deleted. */
  readonly noncurrentDays?: number;
  /** Marks of deletion go when no version is left below them. */
  readonly expireDeleteMarkers?: boolean;
}

/** How long new objects cannot be deleted. */
export interface LockRetention {
  /** Whether anybody may lift it. */
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  /** From creation on. */
  readonly days: number;
}

/**
 * A bucket's settings, for who sets up and who audits; backing up needs none of it. Reading never throws for want of permission.
 * What is written is read back, where it may be read, and is then as it was asked for.
 * @throws storage.* for everything else; storage.refused also for a setting that the server took and does not show
 */
export interface BucketAdmin extends AsyncDisposable {
  /** Its name. */
  readonly bucket: string;
  /** Key prefix of the target, with a slash at its end unless empty. */
  readonly prefix: string;
  /** For people. */
  readonly label: string;
  /** Host of a server other than AWS. */
  readonly endpoint: string | undefined;
  /** Where it is. */
  readonly region: string;
  /** What the server says it is: `AmazonS3`, `RADOS Gateway` (Ceph's), or whatever its answers name; "" when they name nothing. */
  readonly software: string;
  /** How much the server's clock is ahead of ours, as it was opened, to about a second; undefined when its answers have no date. */
  readonly aheadMs: number | undefined;
  /** Whether it was there when it was opened, or has been made since. */
  exists(): Promise<boolean>;
  /** Makes it, where the URL and the credentials say. */
  create(options: { readonly objectLock: boolean }): Promise<void>;
  /** Who may do what in it. */
  policy(): Promise<Seen<PolicyDocument>>;
  /** Replaces the policy. */
  setPolicy(policy: PolicyDocument): Promise<void>;
  /** Rules that say what `LifecycleRule` cannot hold are left as they are by `setLifecycle`, and not shown. */
  lifecycle(): Promise<Seen<readonly LifecycleRule[]>>;
  /** Replaces rules of the same ids, and leaves all others. */
  setLifecycle(rules: readonly LifecycleRule[]): Promise<void>;
  /** Whether it keeps what is written over or deleted. */
  versioning(): Promise<Seen<"Enabled" | "Suspended">>;
  /** Has it keep that from now on. */
  enableVersioning(): Promise<void>;
  /** Its default for new objects. */
  lock(): Promise<Seen<LockRetention | "no default">>;
  /** Sets that default; the bucket has to have been made with object lock. */
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

/** How one attempt ended. */
export interface AttemptResult {
  /** What was tried. */
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
