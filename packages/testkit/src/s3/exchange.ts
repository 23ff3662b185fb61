/** A request on its way through the server, and what comes of it. */
import type { IncomingHttpHeaders } from "node:http";
import type { Body } from "./body.ts";
import type { Content } from "./content.ts";
import type { S3Target } from "./operation.ts";
import type { Bucket } from "./store.ts";
import type { S3Quirks } from "./types.ts";

/** The server's settings and clock, as a handler sees them. */
export interface S3World {
  readonly region: string;
  readonly quirks: S3Quirks;
  readonly buckets: Map<string, Bucket>;
  readonly objectLockDays: number | undefined;
  readonly expireAfterDays: number | undefined;
  readonly keepBytes: boolean;
  now(): Date;
  /** Unguessable, as upload and version ids are. */
  newId(): string;
}

export interface Exchange {
  readonly world: S3World;
  readonly target: S3Target;
  readonly headers: IncomingHttpHeaders;
  /** "admin" or "append". */
  readonly user: string;
  readonly bucket: Bucket;
  readonly body: Body;
  /** Whether this request's user has the action. */
  readonly may: (action: string) => boolean;
}

export interface Reply {
  readonly status: number;
  /** Undefined ones are left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | { readonly content: Content; readonly start: number; readonly end: number };
}

/** @throws S3Error */
export type Handler = (exchange: Exchange) => Reply;

/** An answer in XML. */
export function xmlReply(body: string, headers: Reply["headers"] = {}): Reply {
  return { status: 200, headers: { "content-type": "application/xml", ...headers }, body };
}

/** The request's body as text. */
export function bodyText({ body }: Exchange): string {
  return Buffer.concat(body.chunks).toString("utf8");
}
