/** Who deals with a server's backups, each with credentials of its own. */
export const ROLES = ["writer", "monitor", "restorer", "keeper"] as const;
export type Role = (typeof ROLES)[number];

/** What a role may do. */
export interface Rights {
  /** For people. */
  readonly whose: string;
  /** About the bucket as a whole; S3 cannot limit these to a prefix. */
  readonly bucket: readonly string[];
  /** Listing, limited to the prefix by the condition `s3:prefix` but for the restorer. */
  readonly listing: readonly string[];
  /** About objects below the prefix. */
  readonly objects: readonly string[];
}

export const RIGHTS: Readonly<Record<Role, Rights>> = {
  writer: {
    whose: "the server that is backed up: stores and reads, deletes nothing",
    bucket: ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
    listing: ["s3:ListBucket"],
    objects: ["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
  },
  monitor: {
    whose: "the machine that watches: lists and reads, sees the settings",
    bucket: [
      "s3:GetBucketLocation",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketVersioning",
      "s3:GetLifecycleConfiguration",
      "s3:ListBucketMultipartUploads",
    ],
    listing: ["s3:ListBucket"],
    objects: ["s3:GetObject"],
  },
  restorer: {
    whose:
      "whoever restores, with stock duplicity too: reads, also old versions, thaws archives, and sees the names of other servers' objects",
    bucket: ["s3:GetBucketLocation"],
    listing: ["s3:ListBucket", "s3:ListBucketVersions"],
    objects: ["s3:GetObject", "s3:GetObjectVersion", "s3:RestoreObject"],
  },
  keeper: {
    whose: "who removes old backups by command: reads and deletes; leave it out when the lifecycle does that",
    bucket: ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
    listing: ["s3:ListBucket"],
    objects: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts"],
  },
};

/**
 * What Ceph's gateway gives to whoever wrote an object, and S3 does not: the writer owns it, may read its old versions and take away
 * what protects it.
 */
export const OWNERSHIP: readonly string[] = [
  "s3:BypassGovernanceRetention",
  "s3:DeleteObject",
  "s3:DeleteObjectTagging",
  "s3:DeleteObjectVersion",
  "s3:DeleteObjectVersionTagging",
  "s3:GetObjectAcl",
  "s3:GetObjectTagging",
  "s3:GetObjectVersion",
  "s3:GetObjectVersionAcl",
  "s3:GetObjectVersionTagging",
  "s3:PutObjectAcl",
  "s3:PutObjectLegalHold",
  "s3:PutObjectRetention",
  "s3:PutObjectTagging",
  "s3:PutObjectVersionAcl",
  "s3:PutObjectVersionTagging",
];
