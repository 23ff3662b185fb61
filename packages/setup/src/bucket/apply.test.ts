import type { BucketAdmin, LifecycleRule, LockRetention, PolicyDocument, Seen } from "@doppel/storage";
import { describe, expect, it } from "vitest";
import { applyBucket, withVersionsOf } from "./apply.ts";
import { type BucketWish, planBucket } from "./plan.ts";

const WRITER = "arn:aws:iam::123456789012:user/w";

function wish(more: Partial<BucketWish> = {}): BucketWish {
  return {
    bucket: "acme",
    prefix: "web1/",
    roles: ["writer"],
    principals: { writer: [WRITER] },
    createOnly: false,
    listBucket: false,
    expireDays: 90,
    abortUploadsDays: 7,
    versioning: true,
    chainDays: 1,
    ...more,
  };
}

/** A bucket whose settings are in memory; `writes` tells what was changed. */
class MemoryBucket implements BucketAdmin {
  readonly bucket = "acme";
  readonly prefix = "web1/";
  readonly label = "s3://acme/web1/";
  readonly endpoint = undefined;
  readonly region = "us-east-1";
  readonly software = "AmazonS3";
  readonly aheadMs = 0;
  readonly writes: string[] = [];
  there = true;
  policySeen: Seen<PolicyDocument> = { kind: "absent" };
  rules: Seen<readonly LifecycleRule[]> = { kind: "absent" };
  versions: Seen<"Enabled" | "Suspended"> = { kind: "absent" };
  lockSeen: Seen<LockRetention | "no default"> = { kind: "absent" };

  async exists() {
    return this.there;
  }
  async create({ objectLock }: { readonly objectLock: boolean }) {
    this.writes.push(`create ${objectLock}`);
    this.there = true;
  }
  async policy() {
    return this.policySeen;
  }
  async setPolicy(value: PolicyDocument) {
    this.writes.push("policy");
    this.policySeen = { kind: "is", value };
  }
  async lifecycle() {
    return this.rules;
  }
  async setLifecycle(rules: readonly LifecycleRule[]) {
    this.writes.push("lifecycle");
    const old = this.rules.kind === "is" ? this.rules.value : [];
    this.rules = { kind: "is", value: [...old.filter(({ id }) => !rules.some((rule) => rule.id === id)), ...rules] };
  }
  async versioning() {
    return this.versions;
  }
  async enableVersioning() {
    this.writes.push("versioning");
    this.versions = { kind: "is", value: "Enabled" };
  }
  async lock() {
    return this.lockSeen;
  }
  async setLock(value: LockRetention) {
    this.writes.push("lock");
    this.lockSeen = { kind: "is", value };
  }
  async [Symbol.asyncDispose]() {}
}

describe("applying a plan", () => {
  it("makes what is missing, and nothing the second time", async () => {
    const bucket = new MemoryBucket();
    bucket.there = false;
    const plan = planBucket(wish({ objectLockDays: 20 }));
    await applyBucket(plan, bucket);
    expect(bucket.writes).toEqual(["create true", "versioning", "lock", "lifecycle", "policy"]);
    const { changes } = await applyBucket(plan, bucket);
    expect(bucket.writes).toHaveLength(5);
    expect(changes.map(({ outcome }) => outcome)).toEqual(changes.map(() => "already so"));
  });

  it("changes nothing when the policy cannot be merged, which is found out first", async () => {
    const bucket = new MemoryBucket();
    bucket.policySeen = { kind: "denied" };
    await expect(applyBucket(planBucket(wish()), bucket)).rejects.toThrow(/s3:GetBucketPolicy.*nothing was changed/);
    expect(bucket.writes).toEqual([]);
  });

  it.each<LockRetention>([
    { mode: "COMPLIANCE", days: 10 },
    { mode: "GOVERNANCE", days: 30 },
  ])("loosens no lock: %j", async (value) => {
    const bucket = new MemoryBucket();
    bucket.lockSeen = { kind: "is", value };
    await expect(applyBucket(planBucket(wish({ objectLockDays: 20 })), bucket)).rejects.toThrow(
      /stricter than 20 days, governance/,
    );
    expect(bucket.writes).not.toContain("lock");
  });

  it("without a principal leaves the policy alone and says so", async () => {
    const bucket = new MemoryBucket();
    const { advice } = await applyBucket(planBucket(wish({ principals: {} })), bucket);
    expect(bucket.writes).toEqual(["versioning", "lifecycle"]);
    expect(advice).toEqual([
      { level: "note", code: "no-principals", text: expect.stringContaining("nobody is named for writer") },
    ]);
  });

  it("turns versioning on again where it was suspended", async () => {
    const bucket = new MemoryBucket();
    bucket.versions = { kind: "is", value: "Suspended" };
    const { changes } = await applyBucket(planBucket(wish()), bucket);
    expect(changes[0]).toEqual({ setting: "versioning", outcome: "changed", detail: "is turned on; it was suspended" });
  });
});

it("a bucket that keeps versions is planned for as one, asked for or not", async () => {
  const bucket = new MemoryBucket();
  const asked = wish({ versioning: false });
  expect(await withVersionsOf(bucket, asked)).toBe(asked);
  bucket.versions = { kind: "is", value: "Suspended" };
  expect(await withVersionsOf(bucket, asked)).toBe(asked);
  bucket.versions = { kind: "is", value: "Enabled" };
  expect(await withVersionsOf(bucket, asked)).toEqual({ ...asked, versioning: true });
  bucket.there = false;
  expect(await withVersionsOf(bucket, asked)).toBe(asked);
});
