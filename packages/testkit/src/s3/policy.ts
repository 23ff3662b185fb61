import { APPEND_ONLY_ACTIONS } from "./permissions.ts";

/** What the RADOS Gateway gives to whoever wrote an object, and S3 does not: the writer owns it. */
const OWNERSHIP = [
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

const ABOUT_BUCKETS = new Set(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]);

/**
 * A bucket policy, as JSON, by which the RADOS Gateway behaves like S3 towards a writer who may only append: the seven
 * actions, nothing that comes with owning objects, and the bucket's owner reads them.
 * @param owner  an ARN, as is `writer`
 */
export function appendOnlyPolicy(bucket: string, owner: string, writer: string): string {
  const [itself, inside] = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
  const statement = (effect: "Allow" | "Deny", who: string, actions: readonly string[], resources: readonly string[]) => ({
    Effect: effect,
    Principal: { AWS: [who] },
    Action: actions,
    Resource: resources,
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      statement("Allow", owner, ["s3:*"], [itself, inside]),
      statement(
        "Allow",
        writer,
        APPEND_ONLY_ACTIONS.filter((action) => ABOUT_BUCKETS.has(action)),
        [itself],
      ),
      statement(
        "Allow",
        writer,
        APPEND_ONLY_ACTIONS.filter((action) => !ABOUT_BUCKETS.has(action)),
        [inside],
      ),
      statement("Deny", writer, OWNERSHIP, [inside]),
    ],
  });
}
