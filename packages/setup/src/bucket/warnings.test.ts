import { describe, expect, it } from "vitest";
import { hastierRules, lifecycleFor } from "./lifecycle.ts";
import { type ExpiryChoice, expiryWarnings, nightsUntilNothing } from "./warnings.ts";

const choice = (more: Partial<ExpiryChoice>, expire?: number, noncurrent?: number): ExpiryChoice => ({
  days: { abortUploads: 7, ...(expire !== undefined && { expire }), ...(noncurrent !== undefined && { noncurrent }) },
  chainDays: 1,
  versioning: true,
  ...more,
});
const told = (given: ExpiryChoice) => expiryWarnings(given).map(({ level, code }) => `${level} ${code}`);

describe("an expiry", () => {
  it.each([
    [6, 1, 5],
    [30, 1, 29],
    [30, 7, 23],
    [7, 7, 0],
    [3, 7, 0],
  ])("of %i days with a full backup every %i: %i nights may be missed", (expire, chain, nights) => {
    expect(nightsUntilNothing(expire, chain)).toBe(nights);
  });

  it("that leaves little time is warned of, one that leaves much only told", () => {
    expect(told(choice({}, 6, 30))).toEqual(["warning last-backup-expires"]);
    expect(expiryWarnings(choice({}, 6, 30))[0]!.text).toMatch(
      /^if backups stop, the last one expires like any other: 5 nights may be missed/,
    );
    expect(told(choice({}, 90, 30))).toEqual(["note last-backup-expires"]);
    expect(told(choice({}))).toContain("note never-expires");
  });

  it("within a chain makes its increments useless", () => {
    expect(told(choice({ chainDays: 30 }, 30, 30))).toEqual(["warning chain-expires"]);
    expect(told(choice({ chainDays: 30 }, 40, 30))).toEqual(["warning last-backup-expires"]);
    expect(told(choice({ chainDays: 30 }, 120, 30))).toEqual(["note last-backup-expires"]);
  });

  it.each([
    ["STANDARD_IA", 29, true],
    ["STANDARD_IA", 30, false],
    ["GLACIER_IR", 60, true],
    ["GLACIER", 90, false],
    ["DEEP_ARCHIVE", 100, true],
    ["STANDARD", 20, false],
  ] as const)("of objects in %s after %i days is dearer than it looks: %s", (storageClass, expire, dearer) => {
    expect(told(choice({ storageClass }, expire, 0)).includes("warning minimum-duration")).toBe(dearer);
  });
});

describe("overwriting", () => {
  it("is warned of where nothing stands against it", () => {
    expect(told(choice({ versioning: false }, 90))).toContain("warning no-versions");
    expect(told(choice({ versioning: false, createOnly: true }, 90))).toEqual(["note last-backup-expires"]);
  });

  it("must be noticed while the old version lives", () => {
    expect(told(choice({}, 90, 5))).toContain("warning short-notice");
    expect(told(choice({ lock: { mode: "GOVERNANCE", days: 30 } }, 90, 5))).toEqual([
      "note last-backup-expires",
      "note lock-short",
    ]);
    expect(told(choice({ lock: { mode: "GOVERNANCE", days: 365 } }, 90, 5))).toContain("note lock-outlives");
    expect(told(choice({}, 90))).toContain("warning versions-grow");
  });
});

describe("lifecycle rules", () => {
  it("speak of the server's prefix only, and have ids of their own", () => {
    expect(lifecycleFor("web1/", { expire: 90, abortUploads: 7, noncurrent: 30 })).toEqual([
      { id: "doppel-expire:web1/", enabled: true, prefix: "web1/", expireDays: 90, noncurrentDays: 30 },
      { id: "doppel-tidy:web1/", enabled: true, prefix: "web1/", abortUploadDays: 7, expireDeleteMarkers: true },
    ]);
    expect(lifecycleFor("web1/", { abortUploads: 7 })).toEqual([
      { id: "doppel-tidy:web1/", enabled: true, prefix: "web1/", abortUploadDays: 7 },
    ]);
    const [rule] = lifecycleFor(`${"x".repeat(400)}/`, { abortUploads: 7 });
    expect(rule!.id.length).toBeLessThanOrEqual(255);
  });

  it("of others that take the same backups sooner are found", () => {
    const other = (id: string, prefix: string, expireDays: number, enabled = true) => ({ id, enabled, prefix, expireDays });
    const rules = [
      other("all", "", 6),
      other("within", "web1/x", 6),
      other("later", "", 200),
      other("off", "", 6, false),
      other("neighbour", "web2/", 6),
      other("doppel-expire:web1/", "web1/", 30),
    ];
    expect(hastierRules(rules, "web1/", 90).map(({ id }) => id)).toEqual(["all", "within"]);
    expect(hastierRules(rules, "web1/", undefined).map(({ id }) => id)).toEqual(["all", "within", "later"]);
  });
});
