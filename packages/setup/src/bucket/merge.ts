import type { PolicyDocument, PolicyStatement, Seen } from "@doppel/storage";
import type { Role } from "./roles.ts";
import { isOurs } from "./sids.ts";

/** S3's limit for a bucket's policy, in bytes without blanks. */
const MOST_BYTES = 20_480;

/** A bucket's policy with this server's statements in it, or why that cannot be made. */
export type MergedPolicy =
  | {
      readonly kind: "merged";
      readonly policy: PolicyDocument;
      /** Statements of others, which stand in it as they were. */
      readonly kept: number;
      /** Earlier ones of these roles of this server. */
      readonly replaced: number;
    }
  | { readonly kind: "impossible"; readonly why: string };

/**
 * Puts statements into the policy that a bucket has: those of the same server and roles are replaced, all others (of other servers,
 * of other roles, of somebody else) stay word for word. What is not understood is not touched.
 */
export function mergePolicy(
  seen: Seen<PolicyDocument>,
  statements: readonly PolicyStatement[],
  roles: readonly (Role | "place")[],
  prefix: string,
): MergedPolicy {
  const impossible = (why: string): MergedPolicy => ({ kind: "impossible", why });
  if (seen.kind === "denied")
    return impossible("the bucket's policy cannot be read (s3:GetBucketPolicy), so what it says would be lost");
  if (seen.kind === "unsupported") return impossible("this server has no policies of buckets");
  const old: PolicyDocument = seen.kind === "is" ? seen.value : { Version: "2012-10-17", Statement: [] };
  const present = statementsOf(old);
  if (present === undefined) return impossible("the bucket's policy is not of a form that is known here");
  // Of the older language variables are plain text: in the newer one they would begin to mean something.
  if (present.length > 0 && old.Version !== "2012-10-17") {
    return impossible(
      `the bucket's policy is written in the language of ${JSON.stringify(old.Version ?? "2008-10-17")}, which cannot be mixed with this one`,
    );
  }
  const others = present.filter(({ Sid }) => !isOurs(Sid, roles, prefix));
  const policy: PolicyDocument = { ...old, Version: "2012-10-17", Statement: [...others, ...statements] };
  const size = Buffer.byteLength(JSON.stringify(policy));
  if (size > MOST_BYTES) {
    return impossible(
      `the bucket's policy would have ${size} bytes, and ${MOST_BYTES} is what S3 takes; give users policies of their own, which are printed without --apply, or use another bucket`,
    );
  }
  return { kind: "merged", policy, kept: others.length, replaced: present.length - others.length };
}

/** One statement may stand without brackets. */
function statementsOf(policy: { readonly Statement?: unknown } | null): readonly PolicyStatement[] | undefined {
  const Statement = policy?.Statement;
  const list = Array.isArray(Statement) ? (Statement as unknown[]) : [Statement];
  const isKnown = list.every((one) => typeof one === "object" && one !== null && !Array.isArray(one) && "Effect" in one);
  return isKnown ? (list as PolicyStatement[]) : undefined;
}
