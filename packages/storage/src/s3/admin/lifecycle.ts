import type { LifecycleRule as RawRule } from "@aws-sdk/client-s3";
import type { LifecycleRule } from "./bucket-admin.ts";

/** The members of a rule that `LifecycleRule` can hold. */
const KNOWN: ReadonlySet<string> = new Set([
  "ID",
  "Status",
  "Prefix",
  "Filter",
  "Expiration",
  "NoncurrentVersionExpiration",
  "AbortIncompleteMultipartUpload",
]);

/** A rule as S3 has it. */
export function rawRule(rule: LifecycleRule): RawRule {
  const { expireDays, abortUploadDays, noncurrentDays, expireDeleteMarkers } = rule;
  return {
    ID: rule.id,
    Status: rule.enabled ? "Enabled" : "Disabled",
    Filter: { Prefix: rule.prefix },
    ...(expireDays !== undefined && { Expiration: { Days: expireDays } }),
    ...(expireDeleteMarkers === true && { Expiration: { ExpiredObjectDeleteMarker: true } }),
    ...(noncurrentDays !== undefined && { NoncurrentVersionExpiration: { NoncurrentDays: noncurrentDays } }),
    ...(abortUploadDays !== undefined && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortUploadDays } }),
  };
}

/** A rule of S3's, or undefined when it says what `LifecycleRule` cannot: tags, sizes, dates, other classes, versions to keep. */
export function knownRule(raw: RawRule): LifecycleRule | undefined {
  const { Expiration, NoncurrentVersionExpiration, AbortIncompleteMultipartUpload, Filter } = raw;
  const strange =
    defined(raw).some((name) => !KNOWN.has(name)) ||
    defined(Filter).some((name) => name !== "Prefix") ||
    defined(Expiration).some((name) => name !== "Days" && name !== "ExpiredObjectDeleteMarker") ||
    defined(NoncurrentVersionExpiration).some((name) => name !== "NoncurrentDays") ||
    defined(AbortIncompleteMultipartUpload).some((name) => name !== "DaysAfterInitiation");
  if (strange) return undefined;
  const expireDays = Expiration?.Days;
  const noncurrentDays = NoncurrentVersionExpiration?.NoncurrentDays;
  const abortUploadDays = AbortIncompleteMultipartUpload?.DaysAfterInitiation;
  return {
    id: raw.ID ?? "",
    enabled: raw.Status === "Enabled",
    prefix: Filter?.Prefix ?? raw.Prefix ?? "",
    ...(expireDays !== undefined && { expireDays }),
    ...(abortUploadDays !== undefined && { abortUploadDays }),
    ...(noncurrentDays !== undefined && { noncurrentDays }),
    ...(Expiration?.ExpiredObjectDeleteMarker === true && { expireDeleteMarkers: true }),
  };
}

/** All rules, those of the same ids replaced in place and new ones behind; the rest is as the server gave it. */
export function withRules(raw: readonly RawRule[], rules: readonly LifecycleRule[]): readonly RawRule[] {
  const own = new Map(rules.map((rule) => [rule.id, rule]));
  const kept = raw.map((old) => {
    const rule = own.get(old.ID ?? "");
    own.delete(old.ID ?? "");
    return rule === undefined ? old : rawRule(rule);
  });
  return [...kept, ...[...own.values()].map(rawRule)];
}

/** Whether two lists say the same, in whatever order; servers move a lone prefix in and out of its filter, and leave out what is empty. */
export function sameRules(a: readonly RawRule[], b: readonly RawRule[]): boolean {
  const canonical = (rules: readonly RawRule[]): string =>
    JSON.stringify(rules.map((rule) => JSON.stringify(plain(rule))).sort());
  return canonical(a) === canonical(b);
}

function plain(rule: RawRule): unknown {
  const { Prefix, Filter, ...rest } = rule;
  const others = defined(Filter).some((name) => name !== "Prefix");
  return ordered({ ...rest, Filter: others ? Filter : { Prefix: Filter?.Prefix ?? Prefix ?? "" } });
}

/** With names in order, and without what is undefined, false or an empty list. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== false && !isEmpty(inner));
  return Object.fromEntries(entries.map(([name, inner]) => [name, ordered(inner)] as const).sort(([x], [y]) => (x < y ? -1 : 1)));
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Names of the members that say something. */
function defined(value: object | undefined): string[] {
  return Object.entries(value ?? {}).flatMap(([name, inner]) =>
    inner === undefined || isEmpty(inner) || inner === false ? [] : [name],
  );
}
