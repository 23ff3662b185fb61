import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  type GetBucketLifecycleConfigurationCommandOutput,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { DoppelError, displayText, isDoppelError } from "@doppel/base";
import type { DriverContext } from "../../storage.ts";
import { codeOf, type S3Step, statusOf } from "../errors.ts";
import { RADOS_GATEWAY, type Reached } from "../reach.ts";
import { isAbsent } from "../sender.ts";
import type { BucketAdmin, LifecycleRule, LockRetention, PolicyDocument, Seen } from "./bucket-admin.ts";
import { knownRule, sameRules, withRules } from "./lifecycle.ts";
import { withMd5 } from "./middleware.ts";
import { samePolicy } from "./policy.ts";

/** A setting is read back so often before it counts as not made: AWS shows some of them a little later. */
const LOOKS = 8;
const LOOK_AGAIN_MS = 1_500;

type Sending = { readonly abortSignal: AbortSignal };
type RawLifecycle = Pick<GetBucketLifecycleConfigurationCommandOutput, "Rules" | "TransitionDefaultMinimumObjectSize">;

/** A bucket's settings over the requests of S3. Whatever is written is read back and compared. */
export class S3BucketAdmin implements BucketAdmin {
  readonly bucket: string;
  readonly prefix: string;
  readonly label: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly software: string;
  readonly aheadMs: number | undefined;
  readonly #reached: Reached;
  readonly #context: DriverContext;
  #exists: boolean;

  constructor(reached: Reached, context: DriverContext) {
    const { location, connection, software, aheadMs } = reached;
    this.aheadMs = aheadMs;
    this.bucket = location.bucket;
    this.prefix = location.prefix;
    this.endpoint = connection.endpoint;
    this.region = connection.region;
    this.software = software;
    this.label = `s3://${this.bucket}/${displayText(this.prefix)}${this.endpoint === undefined ? "" : ` at ${this.endpoint}`}`;
    this.#reached = reached;
    this.#context = context;
    this.#exists = reached.exists;
  }

  async exists(): Promise<boolean> {
    return this.#exists;
  }

  async create({ objectLock }: { readonly objectLock: boolean }): Promise<void> {
    const { endpoint, region } = this;
    // Other servers have regions of their own making; us-east-1 is where buckets are that name none.
    const elsewhere = endpoint === undefined && region !== "us-east-1";
    await this.#send({ operation: "create", action: "s3:CreateBucket" }, async (client, sending) => {
      try {
        await client.send(
          new CreateBucketCommand({
            Bucket: this.bucket,
            ...(objectLock && { ObjectLockEnabledForBucket: true }),
            ...(elsewhere && { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } }),
          }),
          sending,
        );
      } catch (error) {
        if ((error as Error).name !== "BucketAlreadyOwnedByYou") throw error; // a lost answer's
      }
    });
    await this.#until("create", async () => {
      try {
        await this.#send({ operation: "open", action: "s3:ListBucket" }, (client, sending) =>
          client.send(new HeadBucketCommand({ Bucket: this.bucket }), sending),
        );
        return true;
      } catch (error) {
        if (isAbsent(error) || isDoppelError(error, "storage.bad-url")) return false;
        throw error;
      }
    });
    this.#exists = true;
  }

  policy(): Promise<Seen<PolicyDocument>> {
    return this.#see({ operation: "read the policy of", action: "s3:GetBucketPolicy" }, async (client, sending) => {
      const { Policy } = await client.send(new GetBucketPolicyCommand({ Bucket: this.bucket }), sending);
      if (Policy === undefined || Policy.trim() === "") return undefined;
      try {
        return JSON.parse(Policy) as PolicyDocument;
      } catch (error) {
        const message = `the policy of S3 bucket ${this.bucket} is no JSON; look at it, and put it right by hand`;
        throw new DoppelError("storage.refused", message, { operation: "read the policy", reason: "no JSON" }, error);
      }
    });
  }

  async setPolicy(policy: PolicyDocument): Promise<void> {
    await this.#send({ operation: "change the policy of", action: "s3:PutBucketPolicy" }, (client, sending) =>
      client.send(withMd5(new PutBucketPolicyCommand({ Bucket: this.bucket, Policy: JSON.stringify(policy) })), sending),
    );
    await this.#until("change the policy of", async () => {
      const seen = await this.policy();
      return seen.kind === "denied" || (seen.kind === "is" && samePolicy(seen.value, policy));
    });
  }

  async lifecycle(): Promise<Seen<readonly LifecycleRule[]>> {
    const seen = await this.#rawLifecycle();
    if (seen.kind !== "is") return seen;
    const rules = (seen.value.Rules ?? []).map(knownRule);
    return { kind: "is", value: rules.filter((rule) => rule !== undefined) };
  }

  async setLifecycle(rules: readonly LifecycleRule[]): Promise<void> {
    const step = { operation: "change the lifecycle of", action: "s3:PutLifecycleConfiguration" } as const;
    const before = await this.#rawLifecycle();
    // Without knowing the other rules they would be lost.
    if (before.kind === "denied") {
      const message = `cannot change the lifecycle of S3 bucket ${this.bucket}: denied; the credentials need s3:GetLifecycleConfiguration, too, for rules that are there to be kept`;
      throw new DoppelError("storage.denied", message, { operation: step.operation, name: this.bucket });
    }
    const old: RawLifecycle = before.kind === "is" ? before.value : {};
    const wanted = withRules(old.Rules ?? [], rules);
    if (wanted.length === 0 || sameRules(wanted, old.Rules ?? [])) return;
    const size = old.TransitionDefaultMinimumObjectSize;
    await this.#send(step, (client, sending) =>
      client.send(
        withMd5(
          new PutBucketLifecycleConfigurationCommand({
            Bucket: this.bucket,
            LifecycleConfiguration: { Rules: [...wanted] },
            ...(size !== undefined && { TransitionDefaultMinimumObjectSize: size }),
          }),
        ),
        sending,
      ),
    );
    await this.#until(step.operation, async () => {
      const after = await this.#rawLifecycle();
      return after.kind === "is" && sameRules(after.value.Rules ?? [], wanted);
    });
  }

  versioning(): Promise<Seen<"Enabled" | "Suspended">> {
    return this.#see({ operation: "read the versioning of", action: "s3:GetBucketVersioning" }, async (client, sending) => {
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: this.bucket }), sending);
      return Status;
    });
  }

  async enableVersioning(): Promise<void> {
    const step = { operation: "turn on versioning for", action: "s3:PutBucketVersioning" } as const;
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await this.#send(step, (client, sending) =>
      client.send(withMd5(new PutBucketVersioningCommand({ Bucket: this.bucket, VersioningConfiguration })), sending),
    );
    await this.#until(step.operation, async () => {
      const seen = await this.versioning();
      return seen.kind === "denied" || (seen.kind === "is" && seen.value === "Enabled");
    });
  }

  lock(): Promise<Seen<LockRetention | "no default">> {
    const step = { operation: "read the Object Lock of", action: "s3:GetBucketObjectLockConfiguration" } as const;
    return this.#see<LockRetention | "no default">(step, async (client, sending) => {
      const answer = await client.send(new GetObjectLockConfigurationCommand({ Bucket: this.bucket }), sending);
      const { ObjectLockEnabled, Rule } = answer.ObjectLockConfiguration ?? {};
      if (ObjectLockEnabled !== "Enabled") return undefined;
      const { Mode, Days, Years } = Rule?.DefaultRetention ?? {};
      const days = Days ?? (Years === undefined ? undefined : Years * 365);
      return Mode === undefined || days === undefined ? "no default" : { mode: Mode, days };
    });
  }

  async setLock({ mode, days }: LockRetention): Promise<void> {
    const step = { operation: "set the Object Lock of", action: "s3:PutBucketObjectLockConfiguration" } as const;
    const ObjectLockConfiguration = {
      ObjectLockEnabled: "Enabled",
      Rule: { DefaultRetention: { Mode: mode, Days: days } },
    } as const;
    try {
      await this.#send(step, (client, sending) =>
        client.send(withMd5(new PutObjectLockConfigurationCommand({ Bucket: this.bucket, ObjectLockConfiguration })), sending),
      );
    } catch (error) {
      if (!isDoppelError(error, "storage.refused") || (await this.lock()).kind !== "absent") throw error;
      const message = `cannot turn on Object Lock for S3 bucket ${this.bucket} (${error.data.reason}): this server does so only when a bucket is made; name a new bucket, or use versioning`;
      throw new DoppelError("storage.refused", message, error.data, error);
    }
    await this.#until(step.operation, async () => {
      const seen = await this.lock();
      return (
        seen.kind === "denied" ||
        (seen.kind === "is" && seen.value !== "no default" && seen.value.days === days && seen.value.mode === mode)
      );
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reached.connection.client.destroy();
  }

  #rawLifecycle(): Promise<Seen<RawLifecycle>> {
    const step = { operation: "read the lifecycle of", action: "s3:GetLifecycleConfiguration" } as const;
    return this.#see<RawLifecycle>(step, async (client, sending) => {
      const found = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: this.bucket }), sending);
      return found.Rules === undefined || found.Rules.length === 0 ? undefined : found;
    });
  }

  #send<T>(step: S3Step, run: (client: S3Client, sending: Sending) => Promise<T>): Promise<T> {
    return this.#reached.sender.send({ ...step, run });
  }

  /** A setting, or why it cannot be seen; undefined when there is none. */
  async #see<T>(step: S3Step, run: (client: S3Client, sending: Sending) => Promise<T | undefined>): Promise<Seen<T>> {
    try {
      const value = await this.#send(step, run);
      return value === undefined ? { kind: "absent" } : { kind: "is", value };
    } catch (error) {
      if (isAbsent(error)) return { kind: "absent" };
      if (isDoppelError(error, "storage.denied")) return { kind: "denied" };
      if (isUnsupported(error)) return { kind: "unsupported" };
      throw error;
    }
  }

  /** Reads a setting back until it is as it was made. */
  async #until(operation: string, isSo: () => Promise<boolean>): Promise<void> {
    const { clock } = this.#context;
    for (let look = 1; ; look++) {
      if (await isSo()) return;
      if (look === LOOKS) break;
      await clock?.sleep(LOOK_AGAIN_MS, NEVER);
    }
    const message = `cannot ${operation} S3 bucket ${this.bucket}: the server took it, and what it shows now is something else; look at the bucket's settings`;
    throw new DoppelError("storage.refused", message, { operation, reason: "not as written" });
  }
}

/** Whether the server says that it has no such thing. */
function isUnsupported(error: unknown): boolean {
  if (!isDoppelError(error, "storage.refused")) return false;
  const status = statusOf(error.cause);
  return status === 501 || status === 405 || codeOf(error.cause) === "NotImplemented";
}

/** Whether answers come in the order that Ceph's gateway is known for: permissions first, then the document. */
export function checksPermissionsFirst({ software }: Pick<Reached, "software">): boolean {
  return software === RADOS_GATEWAY;
}

const NEVER = new AbortController().signal;
