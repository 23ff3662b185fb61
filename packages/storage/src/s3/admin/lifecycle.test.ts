import type { LifecycleRule as RawRule } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { knownRule, rawRule, sameRules, withRules } from "./lifecycle.ts";

const FULL = { id: "a", enabled: true, prefix: "web1/", expireDays: 90, noncurrentDays: 30, abortUploadDays: 7 };
const MARKERS = { id: "b", enabled: false, prefix: "", expireDeleteMarkers: true };

describe("lifecycle rules", () => {
  it.each([FULL, MARKERS, { id: "c", enabled: true, prefix: "x" }])("come back as they were written: $id", (rule) => {
    expect(knownRule(rawRule(rule))).toEqual(rule);
  });

  it("of the old form, with the prefix outside a filter, are known", () => {
    expect(knownRule({ ID: "old", Status: "Enabled", Prefix: "p/", Expiration: { Days: 3 } })).toEqual({
      id: "old",
      enabled: true,
      prefix: "p/",
      expireDays: 3,
    });
  });

  it.each<readonly [string, Partial<RawRule>]>([
    ["a tag", { Filter: { Tag: { Key: "k", Value: "v" } } }],
    ["a size", { Filter: { And: { Prefix: "", ObjectSizeGreaterThan: 5 } } }],
    ["a date", { Expiration: { Date: new Date(0) } }],
    ["another class", { Transitions: [{ Days: 30, StorageClass: "GLACIER" }] }],
    ["versions to keep", { NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 2 } }],
  ])("that say what cannot be held here are not shown: %s", (_, more) => {
    expect(knownRule({ ID: "x", Status: "Enabled", Filter: { Prefix: "" }, ...more })).toBeUndefined();
  });

  it("are replaced by id, in place; all others stay the very same", () => {
    const foreign: RawRule = {
      ID: "z",
      Status: "Enabled",
      Filter: { Tag: { Key: "k", Value: "v" } },
      Expiration: { Date: new Date(0) },
    };
    const unnamed: RawRule = { Status: "Enabled", Prefix: "p", Expiration: { Days: 1 } };
    const old = [foreign, rawRule({ ...FULL, expireDays: 6 }), unnamed];
    const merged = withRules(old, [FULL, MARKERS]);
    expect(merged).toEqual([foreign, rawRule(FULL), unnamed, rawRule(MARKERS)]);
    expect(merged[0]).toBe(foreign);
    expect(merged[2]).toBe(unnamed);
  });

  it("are the same in other words, and not when a day differs", () => {
    const words: RawRule[] = [
      { Status: "Enabled", ID: "a", Prefix: "p/", Transitions: [], Expiration: { Days: 3, ExpiredObjectDeleteMarker: false } },
    ];
    const others: RawRule[] = [{ ID: "a", Expiration: { Days: 3 }, Filter: { Prefix: "p/" }, Status: "Enabled" }];
    expect(sameRules(words, others)).toBe(true);
    expect(sameRules(words, [{ ...others[0]!, Expiration: { Days: 4 } }])).toBe(false);
    expect(sameRules(words, [...others, { ID: "b", Status: "Enabled" }])).toBe(false);
  });
});
