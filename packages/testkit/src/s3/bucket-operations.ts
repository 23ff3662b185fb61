/** What is asked of a bucket as a whole, without listing it. */
import { invalidArgument, S3Error } from "./error.ts";
import { bodyText, type Handler, xmlReply } from "./exchange.ts";
import { element, result, textOf } from "./xml.ts";

export const headBucket: Handler = ({ world }) => ({ status: 200, headers: { "x-amz-bucket-region": world.region } });

/** us-east-1 is the absence of a constraint. */
export const getBucketLocation: Handler = ({ world }) => {
  const region = world.quirks.anyRegion ? "default" : world.region === "us-east-1" ? "" : world.region;
  return xmlReply(result("LocationConstraint", []).replace("></", `>${region}</`));
};

export const getBucketVersioning: Handler = ({ bucket }) =>
  xmlReply(result("VersioningConfiguration", bucket.versioning ? [element("Status", bucket.versioning)] : []));

export const putBucketVersioning: Handler = (exchange) => {
  const status = textOf(bodyText(exchange), "Status");
  if (status !== "Enabled" && status !== "Suspended") throw invalidArgument("Status", status ?? "", "Invalid versioning status");
  if (status === "Suspended" && exchange.world.objectLockDays !== undefined) {
    throw new S3Error(
      409,
      "InvalidBucketState",
      "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
    );
  }
  exchange.bucket.versioning = status;
  return { status: 200 };
};

export const getObjectLockConfiguration: Handler = ({ world }) => {
  if (world.objectLockDays === undefined) {
    throw new S3Error(404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket");
  }
  const retention = element("DefaultRetention", [element("Mode", "GOVERNANCE"), element("Days", world.objectLockDays)]);
  return xmlReply(result("ObjectLockConfiguration", [element("ObjectLockEnabled", "Enabled"), element("Rule", [retention])]));
};
