import type { LifecycleRule } from "@doppel/storage";
import { describe, expect, it } from "vitest";
import { bucketSettings } from "./bucket-settings.ts";
import { type BucketSeen, bucketTarget, chainOf, contextWith } from "./testing/context.ts";

async function found(seen: BucketSeen, report = chainOf(1)) {
  const context = contextWith({ target: bucketTarget(seen) });
  const findings = await bucketSettings({ ...context, backups: { ...context.backups, status: async () => report } });
  return Object.fromEntries(findings.map((finding) => [finding.id, finding]));
}

const rules = (...values: readonly Partial<LifecycleRule>[]): NonNullable<BucketSeen["lifecycle"]> => ({
  kind: "is",
  value: values.map((value, i) => ({ id: `${i}`, enabled: true, prefix: "web1/", ...value })),
});

describe("settings of a bucket", () => {
  it("that cannot be seen are nobody's fault", async () => {
    const denied = { kind: "denied" } as const;
    const findings = await found({ versioning: denied, lock: denied, lifecycle: denied, aheadMs: 0 });
    expect(Object.values(findings).map(({ level }) => level)).toEqual(["skipped", "skipped", "skipped", "pass"]);
    expect(findings["versioning"]!.detail).toContain("run doctor with those of the monitor");
  });

  it("are well with versions that last, and nights to spare", async () => {
    const findings = await found({
      versioning: { kind: "is", value: "Enabled" },
      lock: { kind: "is", value: { mode: "GOVERNANCE", days: 20 } },
      lifecycle: rules({ expireDays: 90, noncurrentDays: 30 }, { abortUploadDays: 7 }),
      aheadMs: 800,
    });
    for (const { level } of Object.values(findings)) expect(level).toBe("pass");
    expect(findings["lifecycle:expiry"]!.title).toContain("89 nights");
    expect(findings["lifecycle:versions"]!.title).toContain("30 days");
  });

  it("are warned of: no versions, for ever, too soon; rules of others do not count", async () => {
    const findings = await found({
      lifecycle: rules({ expireDays: 6 }, { prefix: "web2/", abortUploadDays: 7 }, { enabled: false, abortUploadDays: 7 }),
    });
    expect(findings["versioning"]).toMatchObject({ level: "warn", remedy: expect.stringContaining("--versioning") });
    expect(findings["lifecycle:uploads"]).toMatchObject({ level: "warn" });
    expect(findings["lifecycle:expiry"]).toMatchObject({ level: "warn", title: expect.stringContaining("5 nights") });
    const soon = await found({ versioning: { kind: "is", value: "Enabled" }, lifecycle: rules({ noncurrentDays: 3 }) });
    expect(soon["lifecycle:versions"]).toMatchObject({ level: "warn" });
    expect((await found({ versioning: { kind: "is", value: "Enabled" } }))["lifecycle:versions"]).toMatchObject({
      level: "warn",
    });
  });

  it("endanger the last good backup when it is old, by its full one", async () => {
    const lifecycle = rules({ expireDays: 90 });
    expect((await found({ lifecycle }, chainOf(85, 1)))["lifecycle:expiry"]).toMatchObject({
      level: "warn",
      title: expect.stringContaining("in 5 days"),
    });
    expect((await found({ lifecycle }, chainOf(89)))["lifecycle:expiry"]).toMatchObject({ level: "fail" });
    expect((await found({ lifecycle }, chainOf(60, 1)))["lifecycle:expiry"]).toMatchObject({
      level: "pass",
      title: expect.stringContaining("31 nights"),
    });
  });

  it("and the server's clock", async () => {
    expect((await found({ aheadMs: 3_600_000 }))["clock"]).toMatchObject({
      level: "fail",
      title: expect.stringContaining("60 minutes behind"),
    });
    expect((await found({ aheadMs: -90_000 }))["clock"]).toMatchObject({
      level: "warn",
      title: expect.stringContaining("90 seconds ahead of"),
    });
    expect((await found({}))["clock"]).toMatchObject({ level: "skipped" });
  });
});
