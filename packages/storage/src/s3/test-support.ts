import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "@doppel/base";
import { openStorage } from "../drivers.ts";
import type { DriverContext, Storage } from "../storage.ts";
import type { S3Credentials, S3Options } from "./options.ts";

/** A server to open buckets of. */
export interface Site {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly append: S3Credentials;
}

/** Waits are hardly waited for. */
export function contextFor(
  site: Pick<Site, "endpoint" | "region" | "append">,
  options: S3Options = {},
  more: Partial<DriverContext> = {},
): DriverContext {
  return {
    cwd: "/",
    purpose: "write",
    random: { bytes: (n) => randomBytes(n) },
    clock: { now: () => new Date(), sleep: (ms, signal) => sleep(Math.min(ms, 20), undefined, { signal }) },
    env: {},
    s3: { endpoint: site.endpoint, region: site.region, credentials: site.append, ...options },
    ...more,
  };
}

let prefixes = 0;

/** A prefix that no other test has. */
export function ownPrefix(): string {
  return `test-${process.pid}-${Date.now()}-${++prefixes}/`;
}

/** The bucket of the site, at a prefix of its own; what happens is added to `events`. */
export async function openAt(
  site: Site,
  { prefix = ownPrefix(), events = [], purpose = "write", context = {}, ...options }: S3Options & OpenMore = {},
): Promise<Storage> {
  const more = { purpose, emit: (event: RunEvent) => void events.push(event), ...context };
  return openStorage(`s3://${site.bucket}/${prefix}`, contextFor(site, options, more));
}

interface OpenMore {
  readonly prefix?: string;
  readonly events?: RunEvent[];
  readonly purpose?: DriverContext["purpose"];
  readonly context?: Partial<DriverContext>;
}

export async function names(storage: Storage, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of storage.list(prefix)) found.push(name);
  return found;
}

export function noticesOf(events: readonly RunEvent[]): string[] {
  return events.flatMap((event) => (event.type === "notice" ? [event.detail] : []));
}

/** Bytes without a short period. */
export function sample(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 99;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 23;
  }
  return bytes;
}
