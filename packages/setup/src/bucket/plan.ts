import type { LifecycleRule, LockRetention, PolicyDocument, PolicyStatement, S3StorageClass } from "@doppel/storage";
import { lifecycleFor } from "./lifecycle.ts";
import { partitionOf, placeStatements, type PolicyPlace, policiesFor, type Principals } from "./policies.ts";
import { ROLES, type Role } from "./roles.ts";
import { type Advice, expiryWarnings } from "./warnings.ts";

/** What is wanted of a bucket for one server's backups. Days are whole and positive. */
export interface BucketWish {
  readonly bucket: string;
  /** Of the server's keys: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Of a server other than AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly roles: readonly Role[];
  readonly principals: Principals;
  readonly createOnly: boolean;
  /** Names in the whole bucket may be listed, as stock duplicity needs it. */
  readonly listBucket: boolean;
  readonly expireDays?: number;
  readonly abortUploadsDays: number;
  /** Default, where there are versions: 30. */
  readonly noncurrentDays?: number;
  readonly versioning: boolean;
  readonly objectLockDays?: number;
  /** Days between full backups. */
  readonly chainDays: number;
  readonly storageClass?: S3StorageClass;
}

/** The policies of a role, and whom they are for. */
export interface RolePlan {
  readonly role: Role;
  readonly principals: readonly string[];
  /** What a user for it would be called. */
  readonly user: string;
  readonly identity: PolicyDocument;
  /** For the bucket's policy; for AWS only with principals given, for others those of users of the names above. */
  readonly statements: readonly PolicyStatement[];
}

/** All that is to be set up. */
export interface BucketPlan {
  readonly wish: BucketWish;
  readonly place: PolicyPlace;
  readonly roles: readonly RolePlan[];
  /** For all roles. */
  readonly shared: readonly PolicyStatement[];
  readonly lifecycle: readonly LifecycleRule[];
  readonly versioning: boolean;
  readonly lock?: LockRetention;
  readonly advice: readonly Advice[];
}

const NONCURRENT_DAYS = 30;

const ABOUT_STOCK: Advice = {
  level: "note",
  code: "stock",
  text: "stock duplicity asks for the bucket itself first, and gives up when that is refused: the restorer may, and sees the names of other servers' objects, never what is in them; --list-bucket lets the other roles, too",
};

/** @throws storage.bad-url for a prefix that a policy cannot name; cli.unsupported for create-only elsewhere than at AWS */
export function planBucket(wish: BucketWish): BucketPlan {
  const { bucket, prefix, region, principals, createOnly, listBucket, expireDays, abortUploadsDays, objectLockDays } = wish;
  const place: PolicyPlace = {
    bucket,
    prefix,
    kind: isAws(wish.endpoint) ? "aws" : "other",
    ...(region !== undefined && { region }),
  };
  // Object Lock is about versions.
  const versioning = wish.versioning || objectLockDays !== undefined;
  const noncurrent = wish.noncurrentDays ?? (versioning ? NONCURRENT_DAYS : undefined);
  const days = {
    ...(expireDays !== undefined && { expire: expireDays }),
    abortUploads: abortUploadsDays,
    ...(noncurrent !== undefined && { noncurrent }),
  };
  const lock: LockRetention | undefined = objectLockDays === undefined ? undefined : { mode: "GOVERNANCE", days: objectLockDays };
  const choice = {
    days,
    versioning,
    chainDays: wish.chainDays,
    createOnly,
    ...(wish.storageClass !== undefined && { storageClass: wish.storageClass }),
    ...(lock && { lock }),
  };
  return {
    wish,
    place,
    roles: ROLES.filter((role) => wish.roles.includes(role)).map((role) => rolePlan(place, role, wish)),
    shared: placeStatements(place, principals),
    lifecycle: lifecycleFor(prefix, days),
    versioning,
    ...(lock && { lock }),
    advice: [
      ...(prefix === "" ? [aboutWholeBucket(wish)] : []),
      ...expiryWarnings(choice),
      ...(prefix === "" || listBucket ? [] : [ABOUT_STOCK]),
    ],
  };
}

function aboutWholeBucket({ bucket, expireDays }: BucketWish): Advice {
  const expiry = expireDays === undefined ? "" : `; ALL of it expires after ${expireDays} days`;
  const text = `s3://${bucket} names no server: this covers the whole bucket, all servers in it${expiry}; name one (s3://${bucket}/SERVER) unless the bucket is one server's alone`;
  return { level: "warning", code: "whole-bucket", text };
}

function rolePlan(place: PolicyPlace, role: Role, { principals, createOnly, listBucket }: BucketWish): RolePlan {
  const user = userName(place, role);
  const given = principals[role] ?? [];
  // Other servers' ARNs of users need no account: they are known already.
  const meant = given.length > 0 || place.kind === "aws" ? given : [`arn:${partitionOf(place.region ?? "")}:iam:::user/${user}`];
  return { role, principals: given, user, ...policiesFor(place, role, meant, { createOnly, listBucket }) };
}

function isAws(endpoint: string | undefined): boolean {
  return endpoint === undefined || /^https?:\/\/[^/]*\.amazonaws\.com(\.cn)?(\/|$)/.test(endpoint);
}

/** A name that IAM takes. */
function userName({ bucket, prefix }: PolicyPlace, role: Role): string {
  const server = prefix.split("/").at(-2) ?? bucket;
  return `doppel-${server.replace(/[^A-Za-z0-9_.-]/g, "-")}-${role}`.slice(-64);
}
