import { describe, expect, it } from "vitest";
import { applyBucket } from "./apply.ts";
import { planBucket } from "./plan.ts";
import { withPresent } from "./present.ts";
import { MemoryBucket, OWNER, WRITER, wish } from "./test-support.ts";

const OTHER = `${WRITER}2`;
const run = async (bucket: MemoryBucket, more: Parameters<typeof wish>[0]) => {
  const { wish: full, kept } = await withPresent(bucket, wish(more));
  const { changes, advice } = await applyBucket(planBucket(full), bucket);
  return { changes, advice: [...kept, ...advice] };
};

describe("a run after another", () => {
  it("keeps days that it does not name, and says so", async () => {
    const bucket = new MemoryBucket();
    await run(bucket, { expireDays: 90, noncurrentDays: 40 });
    const { expireDays: _, ...unnamed } = wish();
    const { wish: full, kept } = await withPresent(bucket, unnamed);
    expect(full).toMatchObject({ expireDays: 90, noncurrentDays: 40 });
    expect(kept.map(({ text }) => text)).toEqual([
      "kept: backups expire after 90 days, as before (--expire-days)",
      "kept: old versions go after 40 days, as before (--noncurrent-days)",
    ]);
    const { changes } = await applyBucket(planBucket(full), bucket);
    expect(changes.map(({ outcome }) => outcome)).toEqual(changes.map(() => "already so"));
    const { changes: shorter } = await run(bucket, { expireDays: 60 });
    expect(shorter[1]!.detail).toContain("(expiry was 90 days, is 60 days)");
  });

  it("names whom it replaces, and which statements go", async () => {
    const bucket = new MemoryBucket();
    await run(bucket, { createOnly: true });
    const { advice } = await run(bucket, { principals: { writer: [OTHER] } });
    const replaced = advice.filter(({ code }) => code === "replaced");
    expect(replaced.map(({ level }) => level)).toEqual(["warning", "warning"]);
    expect(replaced[0]!.text).toBe(`writer was ${WRITER}, is ${OTHER}`);
    expect(replaced[1]!.text).toMatch(
      /statements of the writer .* are removed: DoppelWriterNeverOverwriteZ2Fweb1, DoppelWriterNothingElse/,
    );
  });

  it("keeps the owner and the roles for whom it names nobody", async () => {
    const bucket = new MemoryBucket();
    const endpoint = "http://127.0.0.1:9";
    const both = { writer: [WRITER], monitor: [OTHER] };
    await run(bucket, { endpoint, roles: ["writer", "monitor"], principals: { ...both, owner: [OWNER] } });
    const before = JSON.stringify(bucket.policySeen);
    const { advice } = await run(bucket, { endpoint, roles: ["writer", "monitor"], principals: { writer: [WRITER] } });
    const sids = (text: string): string[] => (text.match(/"Sid":"\w+"/g) ?? []).sort();
    expect(sids(JSON.stringify(bucket.policySeen))).toEqual(sids(before));
    expect(JSON.stringify(bucket.policySeen)).toContain(OWNER);
    expect(advice.map(({ code }) => code)).toEqual(["kept", "kept"]);
    expect(advice[1]!.text).toContain("what the bucket's policy says of monitor");
  });
});

it("a plan for a whole bucket warns of it, first of all", () => {
  const [first] = planBucket(wish({ prefix: "", expireDays: 3 })).advice;
  expect(first).toMatchObject({
    level: "warning",
    code: "whole-bucket",
    text: expect.stringContaining("ALL of it expires after 3 days"),
  });
});
