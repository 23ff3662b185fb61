export { type ContractCheck, ContractViolation, contractChecks } from "./contract.ts";
export { openStorage, supportedSchemes } from "./drivers.ts";
export { listFolders } from "./folders.ts";
export type {
  Attempt,
  AttemptResult,
  BucketAdmin,
  LifecycleRule,
  LockRetention,
  PolicyDocument,
  PolicyStatement,
  Seen,
} from "./s3/admin/bucket-admin.ts";
export { type BucketLocation, locateBucket, openBucketAdmin, type ThiefOptions, tryAsThief } from "./s3/admin/open-admin.ts";
export { samePolicy } from "./s3/admin/policy.ts";
export type { S3Credentials, S3Encryption, S3Options, S3StorageClass } from "./s3/options.ts";
export type {
  Archived,
  ByteRange,
  DriverContext,
  OpenObject,
  StagedObject,
  Storage,
  StorageDriver,
  StoredObject,
  ThawOptions,
  UnfinishedObject,
} from "./storage.ts";
export { isS3Url, isUrl, redactUrl } from "./url.ts";
export { readOnly } from "./wrap/read-only.ts";
export { type RetryOptions, withRetry } from "./wrap/retry.ts";
