import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { payloadOf } from "@doppel/base";
import { openBucketAdmin, openStorage, tryAsThief } from "@doppel/storage";
import { describeRealS3, makeS3User, type S3Credentials, type S3Site, type S3User, s3PrincipalOf } from "@doppel/testkit";
import { expect, it } from "vitest";
import { applyBucket } from "./apply.ts";
import { type BucketWish, planBucket } from "./plan.ts";
import { ROLES, type Role } from "./roles.ts";

const contextFor = ({ endpoint, region }: S3Site, credentials: S3Credentials) => ({
  cwd: "/",
  purpose: "read" as const,
  random: { bytes: (n: number) => randomBytes(n) },
  clock: { now: () => new Date(), sleep: (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }) },
  env: {},
  s3: { endpoint, region, credentials },
});

/** A bucket set up for two servers, and users for the first one's roles. */
async function setUp(
  site: S3Site,
  more: Partial<BucketWish>,
): Promise<{ readonly bucket: string; readonly users: Record<Role, S3User> }> {
  const bucket = `doppel-${randomBytes(8).toString("hex")}`;
  const pairs = await Promise.all(ROLES.map(async (role) => [role, await makeS3User(site)] as const));
  const users = Object.fromEntries(pairs) as Record<Role, S3User>;
  const owner = [await s3PrincipalOf(site, site.admin)];
  for (const prefix of ["web1/", "web2/"]) {
    await using admin = await openBucketAdmin(`s3://${bucket}/${prefix}`, contextFor(site, site.admin));
    const other = (await makeS3User(site)).principal;
    const principals = Object.fromEntries(ROLES.map((role) => [role, [prefix === "web1/" ? users[role].principal : other]]));
    const plan = planBucket({
      bucket,
      prefix,
      endpoint: site.endpoint,
      roles: ROLES,
      principals: { ...principals, owner },
      createOnly: false,
      listBucket: false,
      expireDays: 90,
      abortUploadsDays: 7,
      versioning: false,
      chainDays: 1,
      ...more,
    });
    await applyBucket(plan, admin);
  }
  // Something to be read at the neighbour's.
  await using neighbour = await openStorage(`s3://${bucket}/web2/`, contextFor(site, site.admin));
  await neighbour.put("object", payloadOf(Buffer.from("secret")));
  return { bucket, users };
}

const attempts = async (site: S3Site, bucket: string, user: S3User, neighbour?: string) => {
  const options = { now: new Date(), ...(neighbour !== undefined && { neighbour }) };
  const results = await tryAsThief(`s3://${bucket}/web1/`, contextFor(site, user.credentials), options);
  return Object.fromEntries(
    results.map(({ attempt, result, kept }) => [attempt, kept === undefined ? result : `${result}, kept: ${kept}`]),
  );
};

const NOTHING = {
  "delete a version": "refused",
  delete: "refused",
  "change the lifecycle": "refused",
  "change the policy": "refused",
  "change versioning": "refused",
  "list a neighbour": "refused",
  "read a neighbour": "refused",
};

describeRealS3("who has stolen the credentials of a role", (site) => {
  it.each([
    ["nothing is kept", {}, "succeeded, kept: false"],
    ["versions are kept", { versioning: true }, "succeeded, kept: true"],
    ["objects are locked", { objectLockDays: 2 }, "succeeded, kept: true"],
  ] as const)("can write over backups with the writer's and no more: where %s", async (_, more, overwriting) => {
    const { bucket, users } = await setUp(site(), more);
    const stored = { store: "succeeded", "read back": "succeeded", overwrite: overwriting, "overwrite in parts": overwriting };
    expect(await attempts(site(), bucket, users.writer)).toEqual({ ...stored, ...NOTHING });
    expect(await attempts(site(), bucket, users.writer, "web2/object")).toEqual({ ...stored, ...NOTHING });
  });

  it.each(["monitor", "restorer"] as const)("can do nothing with the %s's but list names", async (role) => {
    const { bucket, users } = await setUp(site(), { versioning: true });
    const nothing = {
      store: "refused",
      "read back": "unknown",
      overwrite: "refused",
      "overwrite in parts": "refused",
      ...NOTHING,
      // Stock duplicity restores with these, and asks for the bucket.
      ...(role === "restorer" && { "list a neighbour": "succeeded" }),
    };
    expect(await attempts(site(), bucket, users[role])).toEqual(nothing);
  });

  it("can delete with the keeper's, and not what versions keep", async () => {
    const { bucket, users } = await setUp(site(), { versioning: true });
    const tried = await attempts(site(), bucket, users.keeper);
    expect(tried).toMatchObject({
      ...NOTHING,
      store: "refused",
      overwrite: "refused",
      delete: expect.stringMatching(/^succeeded/),
    });
  });

  it("sees names, and nothing else, of neighbours where the whole bucket may be listed", async () => {
    const { bucket, users } = await setUp(site(), { versioning: true, listBucket: true });
    const tried = await attempts(site(), bucket, users.writer);
    expect(tried).toMatchObject({ ...NOTHING, "list a neighbour": "succeeded" });
  });
});
