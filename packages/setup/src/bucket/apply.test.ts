import type { LockRetention } from "@doppel/storage";
import { describe, expect, it } from "vitest";
import { applyBucket, withVersionsOf } from "./apply.ts";
import { planBucket } from "./plan.ts";
import { MemoryBucket, wish } from "./test-support.ts";

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
      /stricter than 20 days, governance.*; what was changed before stays: versioning$/,
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
