import type { LifecycleRule, PolicyDocument } from "@doppel/storage";
import { partitionOf } from "./policies.ts";
import type { BucketPlan, RolePlan } from "./plan.ts";
import { RIGHTS } from "./roles.ts";

/** What an admin types, and why. */
export interface Step {
  /** One line. */
  readonly why: string;
  /** Programs with their arguments, to be run one after the other. */
  readonly commands: readonly (readonly string[])[];
}

/** All commands, in the order in which they work: a policy can name only users that are there. */
export function allSteps(plan: BucketPlan): readonly Step[] {
  return [...bucketSteps(plan), ...plan.roles.map((role) => userStep(plan, role)), ...policySteps(plan)];
}

/** What they replace as a whole is said. */
function bucketSteps(plan: BucketPlan): readonly Step[] {
  const { wish, lifecycle, versioning, lock } = plan;
  const s3api = s3apiOf(plan);
  const region = wish.region ?? "us-east-1";
  const elsewhere = plan.place.kind === "aws" && region !== "us-east-1";
  const retention = lock && { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: lock.mode, Days: lock.days } } };
  return [
    {
      why: "The bucket, unless it is there",
      commands: [
        s3api(
          "create-bucket",
          ...(elsewhere ? ["--create-bucket-configuration", `LocationConstraint=${region}`] : []),
          ...(lock ? ["--object-lock-enabled-for-bucket"] : []),
        ),
      ],
    },
    ...(versioning
      ? [
          {
            why: "Versions: what is written over or deleted is kept",
            commands: [s3api("put-bucket-versioning", "--versioning-configuration", "Status=Enabled")],
          },
        ]
      : []),
    ...(retention
      ? [
          {
            why: "Object Lock: no version goes before its time",
            commands: [s3api("put-object-lock-configuration", "--object-lock-configuration", json(retention))],
          },
        ]
      : []),
    {
      why: "What expires when. This replaces ALL rules of the bucket: where other servers use it, let --apply do it, which keeps theirs",
      commands: [
        s3api("put-bucket-lifecycle-configuration", "--lifecycle-configuration", json({ Rules: lifecycle.map(awsRule) })),
      ],
    },
  ];
}

function policySteps(plan: BucketPlan): readonly Step[] {
  const statements = plan.roles.flatMap((role) => role.statements);
  if (statements.length === 0) return [];
  const policy: PolicyDocument = { Version: "2012-10-17", Statement: [...plan.shared, ...statements] };
  return [
    {
      why: "Who may do what, as the bucket's policy. This replaces ALL of it: where other servers use the bucket, let --apply do it",
      commands: [s3apiOf(plan)("put-bucket-policy", "--policy", json(policy))],
    },
  ];
}

/** A user for a role, with the role's policy where the server knows policies of users. */
function userStep(plan: BucketPlan, { role, user, identity }: RolePlan): Step {
  const whose = `${role}: ${RIGHTS[role].whose}`;
  if (plan.place.kind === "other") {
    return {
      why: `${whose}. A user without buckets of its own (Ceph; elsewhere as the server has it)`,
      commands: [["radosgw-admin", "user", "create", `--uid=${user}`, `--display-name=${user}`, "--max-buckets=-1"]],
    };
  }
  const named = ["--user-name", user];
  return {
    why: `${whose}. A user with this policy, and its access key (the answer shows the secret once)`,
    commands: [
      [...aws(plan, "iam", "create-user"), ...named],
      [...aws(plan, "iam", "put-user-policy"), ...named, "--policy-name", "doppel", "--policy-document", json(identity)],
      [...aws(plan, "iam", "create-access-key"), ...named],
    ],
  };
}

/** Lines for a shell; a document keeps its lines. */
export function shellText(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

/** A rule as AWS's own programs write it. */
export function awsRule(rule: LifecycleRule): object {
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

/** A policy's text: a list of words on one line, so that a person can read it. */
function json(value: object): string {
  const text = JSON.stringify(value, undefined, 2);
  return text.replace(/\[\s+("[^"\n]*"(?:,\s+"[^"\n]*")*)\s+\]/g, (whole, words: string) => {
    const line = `[${words.replace(/,\s+/g, ", ")}]`;
    return line.length <= 110 ? line : whole;
  });
}

function s3apiOf(plan: BucketPlan) {
  return (operation: string, ...args: readonly string[]): readonly string[] => [
    ...aws(plan, "s3api", operation),
    "--bucket",
    plan.wish.bucket,
    ...args,
  ];
}

function aws({ wish }: BucketPlan, ...words: readonly string[]): readonly string[] {
  const { endpoint, region } = wish;
  const isIam = words[0] === "iam" && partitionOf(region ?? "") === "aws";
  return [
    "aws",
    ...(endpoint === undefined ? [] : ["--endpoint-url", endpoint]),
    ...(region === undefined || isIam ? [] : ["--region", region]),
    ...words,
  ];
}
