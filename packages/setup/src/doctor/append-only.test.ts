import type { Attempt, AttemptResult, LifecycleRule } from "@doppel/storage";
import { describe, expect, it } from "vitest";
import { appendOnly } from "./append-only.ts";
import { type BucketSeen, bucketTarget, contextWith } from "./testing/context.ts";

const refused = (attempt: Attempt): AttemptResult => ({ attempt, result: "refused", detail: "no" });
const done = (attempt: Attempt, kept?: boolean): AttemptResult => ({
  attempt,
  result: "succeeded",
  detail: "done",
  ...(kept !== undefined && { kept }),
});
const denied = { kind: "denied" } as const;

async function levels(
  attempts: readonly AttemptResult[],
  seen: BucketSeen = { lifecycle: denied, lock: denied },
  isServer = true,
) {
  const findings = await appendOnly(contextWith({ isServer, target: bucketTarget(seen, attempts) }));
  return Object.fromEntries(findings.map((finding) => [finding.id.replace("append-only:", ""), finding]));
}

describe("what a thief's tries mean", () => {
  it("all refused is all well", async () => {
    const found = await levels([
      done("store"),
      done("read back"),
      refused("delete"),
      refused("overwrite"),
      refused("change the policy"),
    ]);
    expect(Object.values(found).map(({ level }) => level)).toEqual(["pass", "pass", "pass", "pass", "pass"]);
    expect(found["delete"]!.title).toBe("deleting a backup is refused, so what it was tried on stays");
  });

  it("what destroys fails, each with a remedy that setup bucket has", async () => {
    const attempts = [
      "delete",
      "overwrite",
      "overwrite in parts",
      "delete a version",
      "change the lifecycle",
      "change the policy",
      "change versioning",
      "read a neighbour",
    ] as const;
    const found = await levels(
      attempts.map((attempt) => done(attempt, attempt.includes("over") || attempt === "delete" ? false : undefined)),
    );
    for (const { level, remedy } of Object.values(found)) {
      expect(level).toBe("fail");
      expect(remedy).toMatch(/`doppel setup bucket URL/);
    }
    expect(found["overwrite"]!.remedy).toMatch(/--create-only.*--versioning.*--object-lock/);
  });

  it("writing over is survived where versions are kept and stay, and it says how long there is to notice", async () => {
    const attempts = [done("overwrite", true), done("delete", true), refused("delete a version")];
    const rule: LifecycleRule = { id: "x", enabled: true, prefix: "web1/", noncurrentDays: 30 };
    const found = await levels(attempts, { lifecycle: { kind: "is", value: [rule] } });
    expect(found["overwrite"]).toMatchObject({ level: "pass", detail: expect.stringContaining("for 30 days") });
    expect(found["overwrite"]!.remedy).toContain("doppel restore --as-of TIME");
    expect(found["delete"]).toMatchObject({ level: "warn" });
    expect((await levels(attempts))["overwrite"]!.detail).toContain("these credentials cannot see");
    const locked = await levels(attempts, {
      lifecycle: { kind: "is", value: [rule] },
      lock: { kind: "is", value: { mode: "GOVERNANCE", days: 90 } },
    });
    expect(locked["overwrite"]!.detail).toContain("for 90 days");
  });

  it("versions protect nothing when they can be deleted", async () => {
    const found = await levels([done("overwrite", true), done("delete a version", false)]);
    const remedy = expect.stringMatching(/^give this machine credentials of its own/);
    expect(found["overwrite"]).toMatchObject({ level: "fail", detail: "done, which may be deleted, too", remedy });
  });

  it("who cannot store is no server, and a monitor need not", async () => {
    expect((await levels([refused("store")]))["store"]).toMatchObject({ level: "fail" });
    const readBack: AttemptResult = { attempt: "read back", result: "unknown", detail: "nothing could be stored to be read" };
    const monitor = await levels([refused("store"), readBack], {}, false);
    expect(monitor["store"]).toMatchObject({ level: "warn" });
    expect(monitor["read-back"]).toMatchObject({ level: "skipped", detail: "nothing could be stored to be read" });
  });

  it("an answer that says neither is a warning", async () => {
    const found = await levels([{ attempt: "change versioning", result: "unknown", detail: "it answered 500" }]);
    expect(found["change-versioning"]).toMatchObject({ level: "warn", detail: "it answered 500" });
  });

  it("with --dry-run nothing is tried", async () => {
    const target = {
      ...bucketTarget({}),
      bucket: { tryAsThief: () => Promise.reject(new Error("tried")), admin: bucketTarget({}).bucket!.admin },
    };
    expect(await appendOnly(contextWith({ dryRun: true, target }))).toMatchObject([{ level: "skipped" }]);
  });
});
