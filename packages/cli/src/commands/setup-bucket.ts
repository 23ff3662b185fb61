import { type BytePath, DoppelError, isDoppelError } from "@doppel/base";
import {
  appliedPage,
  applyBucket,
  bucketData,
  bucketPage,
  type BucketWish,
  planBucket,
  type Principals,
  ROLES,
  withPresent,
} from "@doppel/setup";
import type { Settings } from "../options.ts";
import { s3OptionsOf } from "../s3-settings.ts";
import { argument, type Command, type Session } from "../session.ts";
import { bucketOf, openAdmin } from "../wire.ts";

/** `doppel setup bucket URL`. Needs credentials with `--apply` only. */
export const setupBucket: Command = async (session) => {
  const { invocation, renderer, runtime } = session;
  const { settings } = invocation;
  const url = argument(invocation, "URL");
  const { storageClass } = s3OptionsOf(settings, runtime.clock.now());
  if (!settings.apply) {
    const plan = planBucket(wishOf(settings, await bucketOf(url, session), storageClass));
    renderer.result({ kind: "page", name: "bucket", text: bucketPage(plan), data: bucketData(plan) });
    return "complete";
  }
  return apply(url, session, storageClass).catch((error: unknown) => {
    if (!isDoppelError(error, "storage.denied")) throw error;
    const message = `${error.message}; --apply needs the credentials of an admin of the bucket`;
    throw new DoppelError("storage.denied", message, error.data, error);
  });
};

async function apply(url: BytePath, session: Session, storageClass: BucketWish["storageClass"]): Promise<"complete"> {
  const {
    invocation: { settings },
    renderer,
  } = session;
  await using admin = await openAdmin(url, session);
  if (admin.prefix === "" && !settings.force) throw wholeBucket(admin.bucket, settings["expire-days"]);
  const { wish, kept } = await withPresent(admin, wishOf(settings, admin, storageClass));
  const plan = planBucket(wish);
  const { changes, advice } = await applyBucket(plan, admin);
  const applied = { changes, advice: [...kept, ...advice] };
  renderer.result({
    kind: "page",
    name: "bucket",
    text: appliedPage(plan, admin.label, applied),
    data: bucketData(plan, applied),
  });
  return "complete";
}

function wholeBucket(bucket: string, days: number | undefined): DoppelError<"cli.usage"> {
  const expiry = days === undefined ? "" : `, and expire after ${days} days`;
  const message = `s3://${bucket} names no server: the settings would be for the whole bucket, all servers in it${expiry}; write s3://${bucket}/SERVER, or add --force when the bucket is one server's alone; nothing was changed`;
  return new DoppelError("cli.usage", message, { option: "--apply" });
}

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
