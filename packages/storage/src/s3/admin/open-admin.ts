import { DoppelError } from "@doppel/base";
import type { DriverContext } from "../../storage.ts";
import { isS3Url, schemeOf } from "../../url.ts";
import { readingOf } from "../driver.ts";
import type { AttemptResult, BucketAdmin } from "./bucket-admin.ts";

/**
 * The settings of the bucket that a URL names, as far as the credentials reach; the bucket may have to be made yet. The caller
 * disposes of it.
 * @throws storage.unknown-scheme for a target that is no bucket; storage.bad-url, storage.credentials, storage.denied,
 * storage.unavailable
 */
export async function openBucketAdmin(url: string, context: DriverContext): Promise<BucketAdmin> {
  checkScheme(url, "has no settings");
  const [{ reach }, { S3BucketAdmin }, { reading, configured }] = await Promise.all([
    import("../reach.ts"),
    import("./s3-bucket-admin.ts"),
    readingOf(url, context),
  ]);
  return new S3BucketAdmin(await reach(reading, configured, "opens"), configured);
}

/** Where a URL leads, without asking any server. */
export interface BucketLocation {
  /** Its name. */
  readonly bucket: string;
  /** Empty, or with a slash at its end. */
  readonly prefix: string;
  /** URL of a server other than AWS. */
  readonly endpoint: string | undefined;
  /** That options, the URL, environment or profile name. */
  readonly region: string | undefined;
}

/**
 * Reads a URL as opening it would; needs neither a network nor credentials.
 * @throws storage.unknown-scheme, storage.bad-url, also for a URL of which only a look at the servers would tell what it means
 */
export async function locateBucket(url: string, context: DriverContext): Promise<BucketLocation> {
  checkScheme(url, "has no settings");
  const [{ reading, configured }, { configuredRegion }] = await Promise.all([
    readingOf(url, context),
    import("../aws-config.ts"),
  ]);
  if (reading.kind !== "clear") {
    const { bucket } = reading.asBucket;
    const reason = "ambiguous";
    const message = `"${bucket}" may be a bucket or a server; say which: --s3-url-style bucket, or host`;
    throw new DoppelError("storage.bad-url", message, { url: `s3://${bucket}`, reason });
  }
  const { bucket, prefix, endpoint = configured.s3?.endpoint, region } = reading.location;
  return { bucket, prefix, endpoint, region: configured.s3?.region ?? region ?? (await configuredRegion(context.env ?? {})) };
}

/** What else an attempt needs to know. */
export interface ThiefOptions {
  /** Becomes part of the canary's name. */
  readonly now: Date;
  /** Key of another server's object, or its prefix with a slash at the end. Default: what lies beside the target in the bucket. */
  readonly neighbour?: string;
}

/**
 * Tries what whoever has stolen these credentials would try: all of `Attempt`, on a canary of its own below the target's prefix,
 * whose name (`doppel-canary-TIME-RANDOM`) is nobody's backup. Nothing else is touched: settings are asked for with documents that
 * every server refuses once it has admitted the request. The canary, of a few bytes, stays where it may not be deleted.
 * What lies beside the target is only tried when the target has a prefix.
 * @throws storage.* when the bucket cannot be reached at all, or the credentials are no good
 */
export async function tryAsThief(url: string, context: DriverContext, options: ThiefOptions): Promise<readonly AttemptResult[]> {
  checkScheme(url, "knows no permissions that could be tried");
  const [{ reach }, { Thief }, { reading, configured }] = await Promise.all([
    import("../reach.ts"),
    import("./thief.ts"),
    readingOf(url, context),
  ]);
  const reached = await reach(reading, configured);
  try {
    return await new Thief(reached, configured, options).tryAll();
  } finally {
    reached.connection.client.destroy();
  }
}

function checkScheme(url: string, why: string): void {
  if (isS3Url(url)) return;
  const scheme = schemeOf(url);
  throw new DoppelError(
    "storage.unknown-scheme",
    `a target of scheme "${scheme}" ${why}: only an S3 bucket has; write s3://BUCKET/PREFIX`,
    {
      scheme,
    },
  );
}
