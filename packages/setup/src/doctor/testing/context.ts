import type { SetStatus, StatusReport } from "@doppel/engine/internal";
import type { BackupSet } from "@doppel/format";
import type { AttemptResult, BucketAdmin, LifecycleRule, LockRetention, Seen } from "@doppel/storage";
import type { DoctorContext, Target } from "../context.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const DAY_MS = 86_400_000;

export function ago(days: number): Date {
  return new Date(NOW.getTime() - days * DAY_MS);
}

/** A context in which nothing is known; what a test is about is put over it. */
export function contextWith(over: Partial<DoctorContext>): DoctorContext {
  const unexpected = (): never => {
    throw new Error("no test has said what this is");
  };
  return {
    runtime: {
      clock: { now: () => NOW, sleep: unexpected },
      random: { bytes: (count) => new Uint8Array(count).fill(7) },
      signal: new AbortController().signal,
    },
    dryRun: false,
    isServer: false,
    target: { label: "file:///backups", list: async () => 0 },
    backups: { status: unexpected, readReceipt: unexpected, fullOnly: false, receiptsRequired: false, receiptsSigned: false },
    encryption: { kind: "unknown" },
    machine: {
      doppel: "0.0.0",
      node: "20.0.0",
      gpgBinary: "gpg",
      env: {},
      gnupgHomes: [],
      keyFolders: [],
      isToDecrypt: false,
      tempDir: () => "/tmp",
      archiveDir: "/tmp",
      volumeBytes: 1,
    },
    ...over,
  };
}

/** The settings of a bucket, as these credentials see them. */
export interface BucketSeen {
  readonly versioning?: Seen<"Enabled" | "Suspended">;
  readonly lock?: Seen<LockRetention | "no default">;
  readonly lifecycle?: Seen<readonly LifecycleRule[]>;
  readonly aheadMs?: number;
}

const ABSENT = { kind: "absent" } as const;

/** A target in a bucket whose settings and answers are in memory. */
export function bucketTarget(seen: BucketSeen, attempts: readonly AttemptResult[] = []): Target {
  const unexpected = async (): Promise<never> => {
    throw new Error("the doctor changes no settings");
  };
  const admin: BucketAdmin = {
    bucket: "acme",
    prefix: "web1/",
    label: "s3://acme/web1/",
    endpoint: undefined,
    region: "eu-west-1",
    software: "AmazonS3",
    aheadMs: seen.aheadMs,
    exists: async () => true,
    create: unexpected,
    policy: async () => ABSENT,
    setPolicy: unexpected,
    lifecycle: async () => seen.lifecycle ?? ABSENT,
    setLifecycle: unexpected,
    versioning: async () => seen.versioning ?? ABSENT,
    enableVersioning: unexpected,
    lock: async () => seen.lock ?? ABSENT,
    setLock: unexpected,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const bucket = { tryAsThief: async () => attempts, admin: async () => admin };
  return { label: "s3://acme/web1", list: async () => 1, bucket };
}

/**
 * What is at a target with one chain: a full backup so many days ago, and an increment so many.
 * @param problems  of the sets that `damaged` names
 */
export function chainOf(
  full: number,
  inc?: number,
  problems: readonly string[] = [],
  damaged: "all" | "full" = "all",
  receipts = true,
): StatusReport {
  const set = (kind: "full" | "inc", days: number): BackupSet => ({
    id: { kind, start: ago(full), end: ago(days) },
    volumes: new Map(),
    encoding: "gpg",
    ...(receipts && { receipt: `${kind}.receipt` }),
  });
  const first = set("full", full);
  const more = inc === undefined ? [] : [set("inc", inc)];
  const statusOf = (each: BackupSet): SetStatus => ({
    set: each,
    volumes: 1,
    volumeBytes: 1,
    metadataBytes: 1,
    archived: new Map(),
    problems: damaged === "all" || each === first ? problems : [],
  });
  const chain = { full: first, incrementals: more, start: ago(full), end: ago(inc ?? full), hasSignatures: true };
  return {
    target: "s3://acme/web1",
    chains: [{ chain, sets: [first, ...more].map(statusOf) }],
    incomplete: [],
    lostManifest: [],
    orphaned: [],
    orphanedSignatures: [],
    conflicts: [],
  };
}
