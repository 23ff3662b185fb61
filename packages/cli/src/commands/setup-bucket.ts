import { DoppelError, displayPath } from "@doppel/base";
import {
  appliedPage,
  applyBucket,
  bucketData,
  bucketPage,
  type BucketWish,
  planBucket,
  type Principals,
  ROLES,
} from "@doppel/setup";
import { isS3Url, locateBucket, openBucketAdmin } from "@doppel/storage";
import { urlText } from "../locations.ts";
import type { Settings } from "../options.ts";
import { argument, type Command } from "../session.ts";
import { driverContext, withoutSecret } from "../wire.ts";

/** `doppel setup bucket URL`. Needs credentials with `--apply` only. */
export const setupBucket: Command = async (session) => {
  const { invocation, renderer } = session;
  const url = argument(invocation, "URL");
  if (!isS3Url(urlText(url))) {
    const message = `${displayPath(withoutSecret(url))} is no S3 bucket, and only those have settings; write s3://BUCKET/SERVER`;
    throw new DoppelError("cli.usage", message, {});
  }
  const context = await driverContext(url, "write", session);
  const { apply } = invocation.settings;
  if (!apply) {
    const { bucket, prefix, endpoint, region } = await locateBucket(urlText(url), context);
    const plan = planBucket(wishOf(invocation.settings, { bucket, prefix, endpoint, region }, context.s3?.storageClass));
    renderer.result({ kind: "page", name: "bucket", text: bucketPage(plan), data: bucketData(plan) });
    return "complete";
  }
  await using admin = await openBucketAdmin(urlText(url), context);
  const plan = planBucket(wishOf(invocation.settings, admin, context.s3?.storageClass));
  const applied = await applyBucket(plan, admin);
  renderer.result({
    kind: "page",
    name: "bucket",
    text: appliedPage(plan, admin.label, applied),
    data: bucketData(plan, applied),
  });
  return "complete";
};

interface Place {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

function wishOf(settings: Settings, place: Place, storageClass: BucketWish["storageClass"]): BucketWish {
  const { role, versioning, principal } = settings;
  const [expireDays, noncurrentDays, objectLockDays] = [
    settings["expire-days"],
    settings["noncurrent-days"],
    settings["object-lock"],
  ];
  return {
    bucket: place.bucket,
    prefix: place.prefix,
    ...(place.endpoint !== undefined && { endpoint: place.endpoint }),
    ...(place.region !== undefined && { region: place.region }),
    roles: role === "all" ? ROLES : [role],
    principals: principalsOf(principal),
    createOnly: settings["create-only"],
    listBucket: settings["list-bucket"],
    ...(expireDays !== undefined && { expireDays }),
    abortUploadsDays: settings["abort-uploads-days"],
    ...(noncurrentDays !== undefined && { noncurrentDays }),
    versioning,
    ...(objectLockDays !== undefined && { objectLockDays }),
    chainDays: settings["chain-days"],
    ...(storageClass !== undefined && { storageClass }),
  };
}

function principalsOf(given: Settings["principal"]): Principals {
  const found: Partial<Record<(typeof given)[number][0], readonly string[]>> = {};
  for (const [role, arn] of given) found[role] = [...(found[role] ?? []), arn];
  return found;
}
