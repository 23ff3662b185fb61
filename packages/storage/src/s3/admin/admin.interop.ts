import { describeRealS3, type S3Site } from "@doppel/testkit";
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { openBucketAdmin, tryAsThief } from "../../index.ts";
import { contextFor } from "../test-support.ts";

const NOW = new Date("2026-11-23T01:02:03.456Z");
const as = (site: S3Site, who: "admin" | "append") => contextFor({ ...site, append: site[who] });

async function settings(site: S3Site, bucket: string): Promise<unknown> {
  await using admin = await openBucketAdmin(`s3://${bucket}/web1/`, as(site, "admin"));
  return [await admin.policy(), await admin.lifecycle(), await admin.versioning(), await admin.lock()];
}

describeRealS3("the settings of a bucket of a real server", (site) => {
  it("are made and read back, rules of others kept", async () => {
    const bucket = `doppel-${randomBytes(8).toString("hex")}`;
    await using admin = await openBucketAdmin(`s3://${bucket}/web1/`, as(site(), "admin"));
    expect(await admin.exists()).toBe(false);
    await admin.create({ objectLock: true });
    expect(await admin.exists()).toBe(true);
    expect([await admin.policy(), await admin.lifecycle()]).toEqual([{ kind: "absent" }, { kind: "absent" }]);
    expect(await admin.lock()).toEqual({ kind: "is", value: "no default" });
    await admin.enableVersioning();
    await admin.setLock({ mode: "GOVERNANCE", days: 2 });
    const one = { id: "one", enabled: true, prefix: "web1/", expireDays: 10, noncurrentDays: 3 };
    const two = { id: "two", enabled: true, prefix: "web2/", abortUploadDays: 7, expireDeleteMarkers: true };
    await admin.setLifecycle([one]);
    await admin.setLifecycle([two]);
    const Statement = [
      { Sid: "S", Effect: "Deny", Principal: "*", Action: "s3:PutBucketWebsite", Resource: `arn:aws:s3:::${bucket}` },
    ] as const;
    await admin.setPolicy({ Version: "2012-10-17", Statement });
    expect(await settings(site(), bucket)).toMatchObject([
      { kind: "is", value: { Version: "2012-10-17", Statement } },
      { kind: "is", value: [one, two] },
      { kind: "is", value: "Enabled" },
      { kind: "is", value: { mode: "GOVERNANCE", days: 2 } },
    ]);
  });

  it("are denied as values to whoever may not see them, and changes as errors that name the permission", async () => {
    await using admin = await openBucketAdmin(`s3://${site().bucket}/web1/`, as(site(), "append"));
    const seen = [await admin.policy(), await admin.lifecycle(), await admin.versioning(), await admin.lock()];
    expect(seen).toEqual(seen.map(() => ({ kind: "denied" })));
    await expect(admin.enableVersioning()).rejects.toThrow("s3:PutBucketVersioning");
    await expect(admin.setLock({ mode: "GOVERNANCE", days: 1 })).rejects.toThrow("s3:PutBucketObjectLockConfiguration");
  });
});

describeRealS3("a thief at a real server", (site) => {
  const attempts = async (bucket: string, who: "admin" | "append") =>
    Object.fromEntries(
      (await tryAsThief(`s3://${bucket}/web1/`, as(site(), who), { now: NOW })).map(({ attempt, ...rest }) => [attempt, rest]),
    );

  it.each([false, true])("with the writer's credentials overwrites and no more; versions: %s", async (versioning) => {
    const bucket = await site().makeBucket({ versioning });
    const before = await settings(site(), bucket);
    const tried = await attempts(bucket, "append");
    for (const attempt of ["store", "read back"]) expect(tried[attempt], attempt).toMatchObject({ result: "succeeded" });
    for (const attempt of ["overwrite", "overwrite in parts"]) {
      expect(tried[attempt], attempt).toMatchObject({ result: "succeeded", kept: versioning });
    }
    for (const attempt of ["delete", "delete a version", "change the lifecycle", "change the policy", "change versioning"]) {
      expect(tried[attempt], attempt).toMatchObject({ result: "refused" });
    }
    expect(tried["list a neighbour"]).toMatchObject({ result: "succeeded" });
    expect(await settings(site(), bucket)).toEqual(before);
  });

  it.each([false, true])("with the owner's credentials may do all, and yet changes nothing; versions: %s", async (versioning) => {
    const bucket = await site().makeBucket({ versioning });
    await using admin = await openBucketAdmin(`s3://${bucket}/`, as(site(), "admin"));
    await admin.setLifecycle([{ id: "mine", enabled: true, prefix: "", expireDays: 400 }]);
    const before = await settings(site(), bucket);
    const tried = await attempts(bucket, "admin");
    for (const [attempt, { result }] of Object.entries(tried)) {
      expect(result, attempt).toBe(attempt === "read a neighbour" ? "unknown" : "succeeded");
    }
    expect(await settings(site(), bucket)).toEqual(before);
    const left = await attempts(bucket, "append"); // which sees what is there besides its own
    expect(left["list a neighbour"]!.detail).toBe("the bucket can be listed, where nothing else is yet");
  });

  it("past a retention in governance mode only who may bypass it deletes a version", async () => {
    const bucket = `doppel-${randomBytes(8).toString("hex")}`;
    await using admin = await openBucketAdmin(`s3://${bucket}/web1/`, as(site(), "admin"));
    await admin.create({ objectLock: true });
    await admin.setLock({ mode: "GOVERNANCE", days: 1 });
    const tried = await attempts(bucket, "admin");
    expect(tried["delete a version"]).toMatchObject({
      result: "succeeded",
      detail: expect.stringContaining("past the retention in governance mode"),
    });
    expect(tried["overwrite"]).toMatchObject({ kept: true });
  });
});
