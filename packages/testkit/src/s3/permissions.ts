/** Which permission an operation needs, by the names of IAM. */
import type { IncomingHttpHeaders } from "node:http";
import type { S3Target } from "./operation.ts";

/** All that the credentials of a machine that is backed up have. */
export const APPEND_ONLY_ACTIONS: readonly string[] = [
  "s3:AbortMultipartUpload",
  "s3:GetBucketLocation",
  "s3:GetObject",
  "s3:ListBucket",
  "s3:ListBucketMultipartUploads",
  "s3:ListMultipartUploadParts",
  "s3:PutObject",
];

/** Operations that are not permitted by an action of their own name. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  HeadBucket: ["s3:ListBucket"],
  ListObjects: ["s3:ListBucket"],
  ListObjectsV2: ["s3:ListBucket"],
  ListObjectVersions: ["s3:ListBucketVersions"],
  ListMultipartUploads: ["s3:ListBucketMultipartUploads"],
  ListParts: ["s3:ListMultipartUploadParts"],
  HeadObject: ["s3:GetObject"],
  CreateMultipartUpload: ["s3:PutObject"],
  UploadPart: ["s3:PutObject"],
  CompleteMultipartUpload: ["s3:PutObject"],
  CopyObject: ["s3:GetObject", "s3:PutObject"],
  ListBuckets: ["s3:ListAllMyBuckets"],
  GetObjectLockConfiguration: ["s3:GetBucketObjectLockConfiguration"],
  PutObjectLockConfiguration: ["s3:PutBucketObjectLockConfiguration"],
  GetBucketLifecycleConfiguration: ["s3:GetLifecycleConfiguration"],
  PutBucketLifecycleConfiguration: ["s3:PutLifecycleConfiguration"],
  DeleteBucketLifecycle: ["s3:PutLifecycleConfiguration"],
  // Answered for each key.
  DeleteObjects: [],
};

/** Headers of a write that need a permission each. */
const WRITE_HEADERS: Readonly<Record<string, string>> = {
  "x-amz-tagging": "s3:PutObjectTagging",
  "x-amz-object-lock-mode": "s3:PutObjectRetention",
  "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
};

/** What a request needs, all of it. */
export function actionsFor({ operation, query }: S3Target, headers: IncomingHttpHeaders): readonly string[] {
  const extra = Object.keys(WRITE_HEADERS).flatMap((name) => (headers[name] === undefined ? [] : [WRITE_HEADERS[name]!]));
  const versioned = query.has("versionId") && ["GetObject", "HeadObject", "DeleteObject"].includes(operation);
  const own = versioned ? [operation === "DeleteObject" ? "s3:DeleteObjectVersion" : "s3:GetObjectVersion"] : undefined;
  return [...(own ?? ACTIONS[operation] ?? [`s3:${operation}`]), ...extra];
}
