import { DoppelError, displayText } from "@doppel/base";
import type { PolicyDocument, PolicyStatement } from "@doppel/storage";
import { OWNERSHIP, RIGHTS, type Role } from "./roles.ts";
import { sidOf } from "./sids.ts";

/** Where a server's backups lie, as far as policies are concerned. */
export interface PolicyPlace {
  readonly bucket: string;
  /** Of its keys: empty (the whole bucket is its own), or with a slash at its end. */
  readonly prefix: string;
  /** Whose conditions are understood: `aws`, or those that Ceph's gateway and others know. */
  readonly kind: "aws" | "other";
  /** As AWS names it; decides the partition of ARNs. */
  readonly region?: string;
}

/** ARNs of those who have a role; `owner` owns the bucket. */
export type Principals = Readonly<Partial<Record<Role | "owner", readonly string[]>>>;

export interface PolicyOptions {
  /** The writer may store only with If-None-Match, so nothing is written over. AWS only. */
  readonly createOnly?: boolean;
  /**
   * The other roles, too, may list names in the whole bucket, as the restorer always may: stock duplicity asks for the bucket first, and
   * gives up when that is refused.
   */
  readonly listBucket?: boolean;
}

/** The policies of one role. */
export interface RolePolicies {
  /** To be attached to a user or role (IAM): names no principal. */
  readonly identity: PolicyDocument;
  /** For the bucket's policy, with Sids that tell server and role; empty without a principal. */
  readonly statements: readonly PolicyStatement[];
}

/**
 * What a role is allowed: its actions, and only below the server's prefix. Locations and unfinished uploads are the bucket's: S3 has no
 * condition that would limit them (their names can be seen, nothing else). The restorer sees the names of all objects of the bucket.
 * @throws storage.bad-url for a prefix that a policy cannot name; cli.unsupported for create-only elsewhere than at AWS
 */
export function policiesFor(
  place: PolicyPlace,
  role: Role,
  principals: readonly string[] = [],
  { createOnly = false, listBucket = false }: PolicyOptions = {},
): RolePolicies {
  checkPrefix(place);
  if (createOnly && place.kind !== "aws") {
    const message =
      "--create-only needs AWS: the condition s3:if-none-match means nothing to this server; use --versioning or --object-lock instead";
    throw new DoppelError("cli.unsupported", message, { what: "--create-only" });
  }
  const allowed = allowing(place, role, listBucket);
  const onlyNew = createOnly && role === "writer" ? [neverOverwrite(place)] : [];
  const identity = document([...allowed, ...onlyNew].map(([part, statement]) => ({ Sid: part, ...statement })));
  if (principals.length === 0) return { identity, statements: [] };

  const Principal = { AWS: single(principals) };
  const nothingElse = createOnly && role === "writer" ? [onlyTheSeven(place)] : [];
  const ownsNothing = role === "writer" && place.kind === "other" ? [ownership(place)] : [];
  const statements = [...allowed, ...onlyNew, ...nothingElse, ...ownsNothing].map(([part, { Effect, ...rest }]) => ({
    Sid: sidOf(role, part, place.prefix),
    Effect,
    Principal,
    ...rest,
  }));
  return { identity, statements };
}

/** What holds for all who deal with this server's objects: https only (AWS), and the owner may read what the writer owns (elsewhere). */
export function placeStatements(place: PolicyPlace, { owner = [] }: Principals): readonly PolicyStatement[] {
  const Resource = objectsOf(place);
  if (place.kind === "aws") {
    const Condition = { Bool: { "aws:SecureTransport": "false" } };
    return [{ Sid: sidOf("place", "Tls", place.prefix), Effect: "Deny", Principal: "*", Action: "s3:*", Resource, Condition }];
  }
  if (owner.length === 0) return [];
  const Principal = { AWS: single(owner) };
  return [{ Sid: sidOf("place", "Owner", place.prefix), Effect: "Allow", Principal, Action: "s3:*", Resource }];
}

/** The bucket's or a prefix's objects, by ARN. */
function objectsOf(place: PolicyPlace): string {
  return `${bucketArn(place)}/${place.prefix}*`;
}

function bucketArn({ bucket, region = "" }: PolicyPlace): string {
  return `arn:${partitionOf(region)}:s3:::${bucket}`;
}

/** China and the government's regions have ARNs of their own. */
export function partitionOf(region: string): string {
  return region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

type Part = readonly [name: string, statement: Omit<PolicyStatement, "Sid" | "Principal">];

function allowing(place: PolicyPlace, role: Role, listBucket: boolean): readonly Part[] {
  const { bucket, listing, objects } = RIGHTS[role];
  const Resource = bucketArn(place);
  const Condition = { StringLike: { "s3:prefix": `${place.prefix}*` } };
  // HeadBucket is ListBucket without a prefix. Stock duplicity begins with it, and restoring with stock is a promise.
  const limited = place.prefix === "" || listBucket || role === "restorer" ? {} : { Condition };
  return [
    ["Bucket", { Effect: "Allow", Action: bucket, Resource }],
    ["List", { Effect: "Allow", Action: single(listing), Resource, ...limited }],
    ["Objects", { Effect: "Allow", Action: single(objects), Resource: objectsOf(place) }],
  ];
}

/** CreateMultipartUpload and UploadPart are s3:PutObject as well, carry no such header and create no object: exempt (AWS, "Enforce conditional writes"). */
function neverOverwrite(place: PolicyPlace): Part {
  const Condition = { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } };
  return ["NeverOverwrite", { Effect: "Deny", Action: "s3:PutObject", Resource: objectsOf(place), Condition }];
}

function onlyTheSeven(place: PolicyPlace): Part {
  const { bucket, listing, objects } = RIGHTS.writer;
  const NotAction = [...bucket, ...listing, ...objects].sort();
  return ["NothingElse", { Effect: "Deny", NotAction, Resource: [bucketArn(place), `${bucketArn(place)}/*`] }];
}

function ownership(place: PolicyPlace): Part {
  return ["OwnsNothing", { Effect: "Deny", Action: OWNERSHIP, Resource: objectsOf(place) }];
}

function document(Statement: readonly PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement };
}

function single(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? values[0]! : values;
}

/** `*`, `?` and `$` mean something in a policy, and other servers know no way to say that they do not. */
function checkPrefix({ prefix, bucket }: PolicyPlace): void {
  if (/^[\x20-\x7e]*$/.test(prefix) && !/[*?$"\\]/.test(prefix)) return;
  const url = `s3://${bucket}/${displayText(prefix)}`;
  const message = `no policy can be limited to the prefix "${displayText(prefix)}": use letters, digits, - . _ and / in it`;
  throw new DoppelError("storage.bad-url", message, { url, reason: "prefix" });
}
