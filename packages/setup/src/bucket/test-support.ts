import type { BucketAdmin, LifecycleRule, LockRetention, PolicyDocument, Seen } from "@doppel/storage";
import type { BucketWish } from "./plan.ts";

export const WRITER = "arn:aws:iam::123456789012:user/w";
export const OWNER = "arn:aws:iam:::user/owner";

/** What is wanted of `s3://acme/web1`. */
export function wish(more: Partial<BucketWish> = {}): BucketWish {
  return {
    bucket: "acme",
    prefix: "web1/",
    roles: ["writer"],
    principals: { writer: [WRITER] },
    createOnly: false,
    listBucket: false,
    expireDays: 90,
    abortUploadsDays: 7,
    versioning: true,
    chainDays: 1,
    ...more,
  };
}

/** A bucket whose settings are in memory; `writes` tells what was changed. */
export class MemoryBucket implements BucketAdmin {
  readonly bucket = "acme";
  readonly prefix = "web1/";
  readonly label = "s3://acme/web1/";
  readonly endpoint = undefined;
  readonly region = "us-east-1";
  readonly software = "AmazonS3";
  readonly aheadMs = 0;
  readonly writes: string[] = [];
  there = true;
  policySeen: Seen<PolicyDocument> = { kind: "absent" };
  rules: Seen<readonly LifecycleRule[]> = { kind: "absent" };
  versions: Seen<"Enabled" | "Suspended"> = { kind: "absent" };
  lockSeen: Seen<LockRetention | "no default"> = { kind: "absent" };

  async exists() {
    return this.there;
  }
  async create({ objectLock }: { readonly objectLock: boolean }) {
    this.writes.push(`create ${objectLock}`);
    this.there = true;
  }
  async policy() {
    return this.policySeen;
  }
  async setPolicy(value: PolicyDocument) {
    this.writes.push("policy");
    this.policySeen = { kind: "is", value };
  }
  async lifecycle() {
    return this.rules;
  }
  async setLifecycle(rules: readonly LifecycleRule[]) {
    this.writes.push("lifecycle");
    const old = this.rules.kind === "is" ? this.rules.value : [];
    this.rules = { kind: "is", value: [...old.filter(({ id }) => !rules.some((rule) => rule.id === id)), ...rules] };
  }
  async versioning() {
    return this.versions;
  }
  async enableVersioning() {
    this.writes.push("versioning");
    this.versions = { kind: "is", value: "Enabled" };
  }
  async lock() {
    return this.lockSeen;
  }
  async setLock(value: LockRetention) {
    this.writes.push("lock");
    this.lockSeen = { kind: "is", value };
  }
  async [Symbol.asyncDispose]() {}
}
