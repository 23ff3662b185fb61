/** Who may do what, and where: everything that is checked before a body is read. */
import type { IncomingMessage } from "node:http";
import { S3Error } from "./error.ts";
import type { S3World } from "./exchange.ts";
import type { S3Target } from "./operation.ts";
import { actionsFor } from "./permissions.ts";
import type { Bucket } from "./store.ts";

const WRITES_AN_OBJECT = new Set(["PutObject", "CopyObject", "CompleteMultipartUpload"]);
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** @throws S3Error 301 or 400 when the client takes the bucket to be in another region */
export function checkRegion(world: S3World, target: S3Target, signedFor: string): void {
  const { region, quirks } = world;
  if (quirks.anyRegion || signedFor === region) return;
  const headers = { "x-amz-bucket-region": region };
  if (quirks.malformedOnWrongRegion) {
    const message = `The authorization header is malformed; the region '${signedFor}' is wrong; expecting '${region}'`;
    throw new S3Error(400, "AuthorizationHeaderMalformed", message, { Region: region }, headers);
  }
  throw new S3Error(
    301,
    "PermanentRedirect",
    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
    { Endpoint: `s3.${region}.amazonaws.com`, Bucket: target.bucket },
    headers,
  );
}

/** @throws S3Error when there is none of this name, or could not be */
export function bucketOf(world: S3World, { bucket: name }: S3Target): Bucket {
  if (!BUCKET_NAME.test(name))
    throw new S3Error(400, "InvalidBucketName", "The specified bucket is not valid.", { BucketName: name });
  const bucket = world.buckets.get(name);
  if (bucket === undefined) throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName: name });
  return bucket;
}

/** @throws S3Error 403 that names the action which is missing, as S3 does within an account */
export function checkPermission(
  request: IncomingMessage,
  target: S3Target,
  user: string,
  may: (action: string) => boolean,
  requiresIfNoneMatch: boolean,
): void {
  const refused = (action: string, why: string) => {
    const resource = `arn:aws:s3:::${target.bucket}${target.key === "" ? "" : `/${target.key}`}`;
    const who = `User: arn:aws:iam::123456789012:user/${user}`;
    return new S3Error(403, "AccessDenied", `${who} is not authorized to perform: ${action} on resource: "${resource}" ${why}`);
  };
  const missing = actionsFor(target, request.headers).find((action) => !may(action));
  if (missing !== undefined) throw refused(missing, `because no identity-based policy allows the ${missing} action`);
  if (!requiresIfNoneMatch || user === "admin" || !WRITES_AN_OBJECT.has(target.operation)) return;
  if (request.headers["if-none-match"] === undefined)
    throw refused("s3:PutObject", "with an explicit deny in a resource-based policy");
}
