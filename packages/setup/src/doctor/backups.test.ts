import type { StoredReceipt } from "@doppel/engine/internal";
import { describe, expect, it } from "vitest";
import { backups } from "./backups.ts";
import { ago, chainOf, contextWith } from "./testing/context.ts";
import type { DoctorContext } from "./context.ts";

const RECEIPT: StoredReceipt = { name: "r", size: 1, sha256: "", signature: "good" };

async function found(
  report: ReturnType<typeof chainOf>,
  over: Partial<DoctorContext["backups"]> = {},
  count = 1,
  receipt = RECEIPT,
) {
  const context = contextWith({ target: { label: "x", list: async () => count } });
  const findings = await backups({
    ...context,
    backups: { ...context.backups, status: async () => report, readReceipt: async () => receipt, ...over },
  });
  return Object.fromEntries(findings.map(({ id, level, title }) => [id, `${level}: ${title}`]));
}

describe("the last backup", () => {
  it("is as old as the schedule allows, or two days without one", async () => {
    expect((await found(chainOf(1)))["last-backup"]).toBe("pass: the last backup (full) is 24 hours old");
    expect((await found(chainOf(5, 1)))["last-backup"]).toBe("pass: the last backup (increment) is 24 hours old");
    expect((await found(chainOf(3)))["last-backup"]).toBe("warn: the last backup (full) is 3 days old");
    expect((await found(chainOf(3), { dueSince: ago(7) }))["last-backup"]).toMatch(/^pass/);
    expect((await found(chainOf(3), { dueSince: ago(2) }))["last-backup"]).toMatch(/^warn/);
    expect((await found(chainOf(-1)))["last-backup"]).toBe("warn: the last backup lies in the future");
  });

  it("is missing: on a fresh server that is a warning", async () => {
    const none = { ...chainOf(1), chains: [] };
    expect(await found(none, {}, 0)).toEqual({ "last-backup": "warn: there is no backup yet" });
    expect((await found(none, {}, 3))["last-backup"]).toMatch(/^fail: there is no complete backup/);
  });

  it("is whole, and what it builds upon", async () => {
    expect((await found(chainOf(5, 1)))["last-backup-whole"]).toMatch(/^pass/);
    expect((await found(chainOf(1, undefined, ["volume 2 is missing"])))["last-backup-whole"]).toBe(
      "fail: the last backup is damaged",
    );
    expect((await found(chainOf(5, 1, ["volume 2 is missing"], "full")))["last-backup-whole"]).toMatch(
      /^fail: a backup that the last one builds/,
    );
  });

  it("vouches for itself", async () => {
    const of = async (receipt: StoredReceipt) => (await found(chainOf(1), {}, 1, receipt))["receipt"];
    expect(await of(RECEIPT)).toMatch(/^pass: .* signed by the key of the profile$/);
    expect(await of({ ...RECEIPT, signature: "unchecked" })).toMatch(/^pass: .*not checked/);
    const unsigned = { ...RECEIPT, signature: "none" } as const;
    expect(await of(unsigned)).toBe("pass: the receipt of the last backup is whole");
    expect((await found(chainOf(1), { receiptsSigned: true }, 1, unsigned))["receipt"]).toMatch(/^fail: .*not signed/);
    expect(await of({ ...RECEIPT, signature: "bad", problem: "its signature is not of the key that was given" })).toMatch(
      /^fail/,
    );
    const without = chainOf(1, undefined, [], "all", false);
    expect((await found(without))["receipt"]).toMatch(/^warn: .* no receipt$/);
    expect((await found(without, { receiptsRequired: true }))["receipt"]).toMatch(/^fail/);
  });
});
