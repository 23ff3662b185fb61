import { DoppelError } from "@doppel/base";
import { type BucketAdmin, type LifecycleRule, type PolicyDocument, samePolicy, type Seen } from "@doppel/storage";
import { hastierRules } from "./lifecycle.ts";
import { type MergedPolicy, mergePolicy } from "./merge.ts";
import type { BucketPlan, BucketWish } from "./plan.ts";
import { holdersIn, replacedIn } from "./replaced.ts";
import type { Role } from "./roles.ts";
import type { Advice } from "./warnings.ts";

/** What became of a setting. */
export interface Change {
  readonly setting: "bucket" | "versioning" | "object lock" | "lifecycle" | "policy";
  /** `changed`: written, and read back as it was written. */
  readonly outcome: "changed" | "already so";
  /** For people. */
  readonly detail: string;
}

export interface Applied {
  readonly changes: readonly Change[];
  readonly advice: readonly Advice[];
}

/**
 * Makes a bucket as planned: what is so already is left alone, rules and statements of others stay. What cannot be done is found out
 * before anything is changed, as far as it can be seen.
 * @throws storage.denied, which names the permission; storage.refused for what the server or the present policy does not let be done
 */
export async function applyBucket(plan: BucketPlan, admin: BucketAdmin): Promise<Applied> {
  const exists = await admin.exists();
  const before: Seen<PolicyDocument> = exists ? await admin.policy() : { kind: "absent" };
  const policy = plannedPolicy(plan, admin, before);
  const { lock: wantedLock } = plan;
  const changes = await inTurn([
    ...(exists ? [] : [() => create(plan, admin)]),
    ...(plan.versioning ? [() => keepVersions(admin)] : []),
    ...(wantedLock === undefined ? [] : [() => lock(wantedLock, admin)]),
    () => expire(plan, admin),
    ...(policy === undefined ? [] : [() => permit(policy, admin)]),
  ]);
  const rules = await admin.lifecycle();
  const hastier = rules.kind === "is" ? hastierRules(rules.value, plan.place.prefix, plan.wish.expireDays) : [];
  return {
    changes,
    advice: [
      ...hastier.map(({ id, prefix, expireDays }): Advice => {
        const where = prefix === "" ? "everything in the bucket" : `what is below ${prefix}`;
        const text = `the lifecycle rule "${id}" lets ${where} expire after ${expireDays} days: these backups, too`;
        return { level: "warning", code: "hastier-rule", text };
      }),
      ...(policy?.replacing ?? []),
      ...adviceOnPrincipals(plan, before),
    ],
  };
}

/** @throws what a step throws, with what the ones before it have changed */
async function inTurn(steps: readonly (() => Promise<Change>)[]): Promise<readonly Change[]> {
  const done: Change[] = [];
  for (const step of steps) {
    try {
      done.push(await step());
    } catch (error) {
      if (!(error instanceof DoppelError)) throw error;
      const { code, message, data } = error as DoppelError;
      const changed = done.filter(({ outcome }) => outcome === "changed").map(({ setting }) => setting);
      const before = changed.length === 0 ? "nothing was changed" : `what was changed before stays: ${changed.join(", ")}`;
      throw new DoppelError(code, `${message}; ${before}`, data, error);
    }
  }
  return done;
}

/**
 * The same wish of a bucket that keeps versions, when it does so already: nobody has to say it again to change something else, and
 * what is made of it has a rule for old versions, and warns of nothing that they prevent.
 */
export async function withVersionsOf(admin: BucketAdmin, wish: BucketWish): Promise<BucketWish> {
  if (wish.versioning || !(await admin.exists())) return wish;
  const seen = await admin.versioning();
  return seen.kind === "is" && seen.value === "Enabled" ? { ...wish, versioning: true } : wish;
}

function adviceOnPrincipals({ roles, place, wish }: BucketPlan, before: Seen<PolicyDocument>): readonly Advice[] {
  const unnamed = roles.filter(({ principals }) => principals.length === 0).map(({ role }) => role);
  const kept = holdersIn(before, unnamed, place.prefix);
  const without = unnamed.filter((role) => !kept.includes(role));
  const keptText = `kept: what the bucket's policy says of ${kept.join(", ")}, for whom this run names nobody (--principal ROLE=ARN)`;
  const text = `nobody is named for ${without.join(", ")} (--principal ROLE=ARN): the bucket's policy says nothing of them; give their users the policies that this command prints without --apply`;
  const ownerText =
    "on this server an object belongs to whoever wrote it: name the bucket's owner, too (--principal owner=ARN), who could not read the backups otherwise";
  const hasOwner = (wish.principals.owner ?? []).length > 0 || holdersIn(before, ["place"], place.prefix).length > 0;
  const isOwnerUnnamed = place.kind === "other" && without.length < roles.length && !hasOwner;
  return [
    ...(kept.length === 0 ? [] : [{ level: "note", code: "kept", text: keptText } as const]),
    ...(without.length === 0 ? [] : [{ level: "note", code: "no-principals", text } as const]),
    ...(isOwnerUnnamed ? [{ level: "warning", code: "owner", text: ownerText } as const] : []),
  ];
}

async function create({ lock: wanted }: BucketPlan, admin: BucketAdmin): Promise<Change> {
  const objectLock = wanted !== undefined;
  await admin.create({ objectLock });
  return { setting: "bucket", outcome: "changed", detail: `${admin.bucket} is made${objectLock ? ", with Object Lock" : ""}` };
}

async function keepVersions(admin: BucketAdmin): Promise<Change> {
  const setting = "versioning";
  const seen = await admin.versioning();
  if (seen.kind === "is" && seen.value === "Enabled") return { setting, outcome: "already so", detail: "is on" };
  await admin.enableVersioning();
  return { setting, outcome: "changed", detail: `is turned on${seen.kind === "is" ? "; it was suspended" : ""}` };
}

async function lock(wanted: NonNullable<BucketPlan["lock"]>, admin: BucketAdmin): Promise<Change> {
  const setting = "object lock";
  const seen = await admin.lock();
  const now = `${wanted.days} days, ${wanted.mode.toLowerCase()}`;
  if (seen.kind === "is" && seen.value !== "no default") {
    const { mode, days } = seen.value;
    // A stricter one is nobody's to loosen in passing.
    const isStricter = days > wanted.days || (mode === "COMPLIANCE" && wanted.mode === "GOVERNANCE");
    if (mode === wanted.mode && days === wanted.days) return { setting, outcome: "already so", detail: now };
    if (isStricter) {
      const message = `S3 bucket ${admin.bucket} locks objects for ${days} days in mode ${mode.toLowerCase()} already, which is stricter than ${now}: nothing loosens it; leave out --object-lock, or change it by hand`;
      throw new DoppelError("storage.refused", message, { operation: "set the Object Lock", reason: "stricter" });
    }
    await admin.setLock(wanted);
    return { setting, outcome: "changed", detail: `${now}; it was ${days} days, ${mode.toLowerCase()}` };
  }
  await admin.setLock(wanted);
  return { setting, outcome: "changed", detail: now };
}

async function expire({ lifecycle }: BucketPlan, admin: BucketAdmin): Promise<Change> {
  const setting = "lifecycle";
  const seen = await admin.lifecycle();
  const old = new Map(seen.kind === "is" ? seen.value.map((rule) => [rule.id, rule] as const) : []);
  const same = lifecycle.filter((rule) => {
    const before = old.get(rule.id);
    return before !== undefined && RULE_FACTS.every((fact) => before[fact] === rule[fact]);
  });
  const ids = lifecycle.map((rule) => `${rule.id}${differing(old.get(rule.id), rule)}`).join(", ");
  if (same.length === lifecycle.length) return { setting, outcome: "already so", detail: ids };
  await admin.setLifecycle(lifecycle);
  const others = [...old.keys()].filter((id) => !lifecycle.some((rule) => rule.id === id));
  return { setting, outcome: "changed", detail: `${ids}${others.length === 0 ? "" : `; kept: ${others.join(", ")}`}` };
}

const RULE_FACTS = ["enabled", "prefix", "expireDays", "abortUploadDays", "noncurrentDays", "expireDeleteMarkers"] as const;

/** " (expiry was 90 days, is 60 days)" */
function differing(before: LifecycleRule | undefined, now: LifecycleRule): string {
  if (before === undefined) return "";
  const text = (value: number | undefined): string => (value === undefined ? "none" : `${value} days`);
  const changed = DAYS.filter(([fact]) => before[fact] !== now[fact]).map(
    ([fact, what]) => `${what} was ${text(before[fact])}, is ${text(now[fact])}`,
  );
  return changed.length === 0 ? "" : ` (${changed.join("; ")})`;
}

const DAYS = [
  ["expireDays", "expiry"],
  ["noncurrentDays", "of old versions"],
  ["abortUploadDays", "of unfinished uploads"],
] as const;

type PlannedPolicy = Extract<MergedPolicy, { kind: "merged" }> & {
  readonly before: Seen<PolicyDocument>;
  readonly replacing: readonly Advice[];
};

/** @throws storage.refused when it cannot be made */
function plannedPolicy(
  { roles, shared, place }: BucketPlan,
  admin: BucketAdmin,
  before: Seen<PolicyDocument>,
): PlannedPolicy | undefined {
  const named = roles.filter(({ principals }) => principals.length > 0);
  if (named.length === 0) return undefined;
  // Who names no owner keeps the one that the policy has.
  const about: (Role | "place")[] = [...named.map(({ role }) => role), ...(shared.length > 0 ? (["place"] as const) : [])];
  const statements = [...shared, ...named.flatMap((role) => role.statements)];
  const merged = mergePolicy(before, statements, about, place.prefix);
  if (merged.kind === "merged") return { ...merged, before, replacing: replacedIn(before, merged.policy, about, place.prefix) };
  const shown = before.kind === "is" ? `. It is: ${JSON.stringify(before.value)}` : "";
  const message = `cannot change the policy of S3 bucket ${admin.bucket}: ${merged.why}; nothing was changed${shown}`;
  throw new DoppelError("storage.refused", message, { operation: "change the policy", reason: "not understood" });
}

async function permit({ policy, kept, replaced, before }: PlannedPolicy, admin: BucketAdmin): Promise<Change> {
  const setting = "policy";
  const isSame = before.kind === "is" && samePolicy(before.value, policy);
  const own = policy.Statement.length - kept;
  const others = kept === 0 ? "" : `, ${kept} of others kept as they were`;
  if (isSame) return { setting, outcome: "already so", detail: `${own} statements of this server${others}` };
  await admin.setPolicy(policy);
  const detail = `${own} statements of this server${replaced === 0 ? "" : `, for ${replaced} of earlier`}${others}`;
  return { setting, outcome: "changed", detail };
}
