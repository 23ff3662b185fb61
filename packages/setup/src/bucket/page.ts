import type { Applied } from "./apply.ts";
import { allSteps, awsRule, shellText, type Step } from "./commands.ts";
import type { BucketPlan } from "./plan.ts";
import type { Advice } from "./warnings.ts";

/** The plan as a page for an admin: comments, and commands that can be pasted. Ends with a newline. */
export function bucketPage(plan: BucketPlan): string {
  const { wish } = plan;
  const where = `s3://${wish.bucket}/${wish.prefix}${wish.endpoint === undefined ? "" : ` at ${wish.endpoint}`}`;
  const blocks = [
    `# Backups at ${where}\n# Nothing is changed by this command; --apply does it, with the credentials of an admin of the bucket.`,
    ...adviceLines(plan.advice).map((line) => `# ${line}`),
    ...allSteps(plan).map(stepText),
  ];
  if (plan.place.kind === "other" && (wish.principals.owner ?? []).length === 0) {
    blocks.push(
      "# On Ceph's gateway an object belongs to whoever wrote it: name the bucket's owner (--principal owner=ARN),\n# and the policy lets him read the backups",
    );
  }
  return `${blocks.join("\n\n")}\n`;
}

/** What `--apply` did. Ends with a newline. */
export function appliedPage(plan: BucketPlan, label: string, { changes, advice }: Applied): string {
  const width = Math.max(...changes.map(({ setting }) => setting.length));
  const lines = [
    `Settings of ${label}, read back after every change:`,
    ...changes.map(({ setting, outcome, detail }) => `  ${setting.padEnd(width)}  ${outcome.padEnd(10)}  ${detail}`),
    ...adviceLines([...plan.advice, ...advice]),
  ];
  return `${lines.join("\n")}\n`;
}

/** The plan for programs. */
export function bucketData(plan: BucketPlan, applied?: Applied): object {
  const { wish, roles, lifecycle, versioning, lock, shared } = plan;
  return {
    bucket: wish.bucket,
    prefix: wish.prefix,
    endpoint: wish.endpoint ?? null,
    region: wish.region ?? null,
    roles: roles.map(({ role, user, principals, identity, statements }) => ({ role, user, principals, identity, statements })),
    shared,
    lifecycle: { Rules: lifecycle.map(awsRule) },
    versioning,
    objectLock: lock ?? null,
    advice: [...plan.advice, ...(applied?.advice ?? [])],
    commands: allSteps(plan).flatMap(({ commands }) => commands),
    applied: applied?.changes ?? null,
  };
}

function adviceLines(advice: readonly Advice[]): readonly string[] {
  return advice.map(({ level, text }) => `${level === "warning" ? "Warning" : "Note"}: ${text}`);
}

function stepText({ why, commands }: Step): string {
  return [`# ${why}`, ...commands.map(shellText)].join("\n");
}
