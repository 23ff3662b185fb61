import type { StatusReport } from "@doppel/engine/internal";
import type { bucketOf } from "../wire.ts";

/** Where a bucket is. */
export type Bucket = Awaited<ReturnType<typeof bucketOf>>;

type FullSet = StatusReport["chains"][number]["chain"]["full"];

/** What a runbook is made of; nothing of it is secret. */
export interface RunbookFacts {
  /** Of the profile, or else the target as it may be shown. */
  readonly title: string;
  readonly profile?: string;
  readonly made: Date;
  /** Of doppel. */
  readonly version: string;
  /** Without a secret, as doppel takes it on any machine. */
  readonly url: string;
  /** Options that doppel and duplicity need to find the backups. */
  readonly options: readonly string[];
  /** And those that only doppel needs, or knows. */
  readonly ownOptions: readonly string[];
  readonly s3?: Bucket;
  /** Absolute path, of a local target. */
  readonly folder?: string;
  /** Where the credentials were when this was made: a file or the name of an AWS profile. */
  readonly credentials?: string;
  /** Who can open the newest backup: key IDs. */
  readonly recipients: readonly string[] | "passphrase" | "none";
  readonly fingerprints: readonly string[];
  /** Where a profile says that the secret key is. */
  readonly secretKey?: string;
  readonly status: StatusReport;
}

/** The newest state that can be restored. */
export interface Newest {
  readonly full: FullSet;
  readonly fullBytes: number;
  readonly increments: number;
  readonly end: Date;
  readonly bytes: number;
}

/** Undefined when there is no backup. */
export function newestOf({ chains }: StatusReport): Newest | undefined {
  const last = chains.at(-1);
  if (last === undefined) return undefined;
  const { chain, sets } = last;
  const bytes = sets.reduce((sum, { volumeBytes }) => sum + volumeBytes, 0);
  const fullBytes = sets[0]?.volumeBytes ?? 0;
  return { full: chain.full, fullBytes, increments: chain.incrementals.length, end: chain.end, bytes };
}
