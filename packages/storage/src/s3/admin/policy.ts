import type { PolicyDocument } from "./bucket-admin.ts";

/** Members whose values are sets: one of them may stand without brackets, and servers give them in an order of their own. */
const SETS: ReadonlySet<string> = new Set([
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "AWS",
  "Service",
  "Federated",
  "CanonicalUser",
]);

/**
 * Whether two policies say the same, in whatever order. S3 gives documents back in other words: lists of one without their brackets,
 * others sorted, `"*"` as `{"AWS":"*"}`.
 */
export function samePolicy(a: PolicyDocument, b: PolicyDocument): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(value: unknown, name = "", isCondition = false): unknown {
  if (name === "Principal" && value === "*") return { AWS: ["*"] };
  const isSet = SETS.has(name) || isCondition;
  if (typeof value !== "object" || value === null) return isSet ? [String(value)] : value;
  if (Array.isArray(value))
    return isSet ? value.map(String).sort() : value.map((inner) => JSON.stringify(canonical(inner))).sort();
  const entries = Object.entries(value).map(([key, inner]) => {
    // Condition: { operator: { key: values } }
    const isTest = name === "Condition";
    return [key, isTest ? canonicalTest(inner) : canonical(inner, key)] as const;
  });
  return Object.fromEntries(entries.sort(([x], [y]) => (x < y ? -1 : 1)));
}

function canonicalTest(test: unknown): unknown {
  const entries = Object.entries(test ?? {}).map(([key, values]) => [key, canonical(values, "", true)] as const);
  return Object.fromEntries(entries.sort(([x], [y]) => (x < y ? -1 : 1)));
}
