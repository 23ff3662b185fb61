import { HeadBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { isDoppelError } from "@doppel/base";
import type { DriverContext } from "../storage.ts";
import { type Connection, connect } from "./client.ts";
import { regionNamed, type S3Place } from "./errors.ts";
import { Sender } from "./sender.ts";
import type { S3Location, S3Reading } from "./url.ts";

/** For the question whether a host name is a bucket: where AWS cannot be reached, it is not. */
const LOOK_MS = 15_000;

/** Ceph's. */
export const RADOS_GATEWAY = "RADOS Gateway";

/** A connection whose bucket answers; or, where that was allowed, the server that has no such bucket. */
export interface Reached {
  readonly location: S3Location;
  readonly connection: Connection;
  readonly sender: Sender;
  /** What the server says it is: `AmazonS3`, `RADOS Gateway`, or whatever stands in its header `Server`. */
  readonly software: string;
  readonly exists: boolean;
  /** How much the server's clock is ahead of ours, by the date of its answer (whole seconds); undefined when it gave none. */
  readonly aheadMs: number | undefined;
}

/**
 * Finds the bucket of a URL: looks which of its readings holds, which region it is in, and that it may be listed.
 * @param missing  "opens": it may have to be made yet, if the URL leaves no doubt which it is
 * @throws storage.bad-url, storage.credentials, storage.denied, storage.unavailable
 */
export function reach(reading: S3Reading, context: DriverContext, missing: "fails" | "opens" = "fails"): Promise<Reached> {
  const mayBeMissing = missing === "opens" && reading.kind === "clear";
  return openReading(reading, (location, signal) => openLocation(location, context, mayBeMissing, signal));
}

/**
 * What a URL turns out to mean: the bucket if there is one that can be seen, else the server. When neither opens, the error is
 * that of the reading that came nearer.
 */
export async function openReading<T>(
  reading: S3Reading,
  open: (location: S3Location, signal?: AbortSignal) => Promise<T>,
): Promise<T> {
  if (reading.kind === "clear") return open(reading.location);
  let failure: unknown;
  try {
    return await open(reading.asBucket, AbortSignal.timeout(LOOK_MS));
  } catch (error) {
    failure = error;
  }
  // Without credentials nothing can be seen anywhere.
  if (isDoppelError(failure, "storage.credentials") && failure.data.reason === "none") throw failure;
  try {
    return await open(reading.asHost);
  } catch (error) {
    throw isDoppelError(failure, "storage.denied") ? failure : error;
  }
}

/** Follows AWS to the bucket's region when nobody has said one. */
async function openLocation(
  location: S3Location,
  context: DriverContext,
  mayBeMissing: boolean,
  signal?: AbortSignal,
): Promise<Reached> {
  const { s3: options = {} } = context;
  let connection = await connectTo(location, context, options.region ?? location.region);
  let error: unknown;
  for (let tries = 0; tries < 2; tries++) {
    const opened = await tryOpen(location, connection, context, mayBeMissing, signal);
    if ("sender" in opened) return opened;
    error = opened.error;
    connection.client.destroy();
    const region = opened.region;
    if (region === undefined || region === connection.region || connection.regionGiven) break;
    connection = await connectTo(location, context, region);
  }
  throw error;
}

function connectTo(
  location: S3Location,
  { s3: options = {}, env = {} }: DriverContext,
  region: string | undefined,
): Promise<Connection> {
  const endpoint = location.endpoint ?? options.endpoint;
  return connect({ options, env, endpoint, region });
}

async function tryOpen(
  location: S3Location,
  connection: Connection,
  context: DriverContext,
  mayBeMissing: boolean,
  signal: AbortSignal | undefined,
): Promise<Reached | { readonly error: unknown; readonly region: string | undefined }> {
  const { clock, random, emit = () => undefined, s3: { tries, maxDelayMs, profile: named } = {} } = context;
  if (clock === undefined) throw new TypeError("the S3 driver needs a clock");
  const { client, server, region, proxy } = connection;
  const place: S3Place = {
    bucket: location.bucket,
    prefix: location.prefix,
    server,
    serverFrom: location.endpoint !== undefined ? "url" : connection.endpoint !== undefined ? "settings" : "aws",
    proxy,
    profile: named ?? (context.env?.["AWS_PROFILE"] || undefined),
    region,
    now: () => clock.now(),
  };
  const sender = new Sender({ client, place, clock, random, emit, tries, maxDelayMs });
  let software = "";
  let aheadMs: number | undefined;
  const observe = (headers: Readonly<Record<string, string>> | undefined): void => {
    software = softwareOf(headers ?? {});
    const date = Date.parse(headers?.["date"] ?? "");
    aheadMs = Number.isNaN(date) ? undefined : date - clock.now().getTime();
  };
  let redirect: string | undefined;
  try {
    await sender.send({
      operation: "open",
      action: "s3:ListBucket",
      signal,
      run: async (_, sending) => {
        try {
          await client.send(watched(new HeadBucketCommand({ Bucket: location.bucket }), observe), sending);
        } catch (error) {
          redirect = regionNamed(error);
          if (redirect !== undefined && redirect !== region) throw error;
          if (!isAnswer(error)) throw error;
          // A refusal of HEAD has no body, so no code; and who may list only this prefix may not ask for the bucket.
          await client.send(watched(listOne(location), observe), sending);
        }
      },
    });
  } catch (error) {
    if (mayBeMissing && isMissing(error)) return { location, connection, sender, software, exists: false, aheadMs };
    return { error, region: redirect ?? regionNamed((error as { cause?: unknown }).cause) };
  }
  return { location, connection, sender, software, exists: true, aheadMs };
}

function isMissing(error: unknown): boolean {
  return isDoppelError(error, "storage.bad-url") && error.data.reason === "no such bucket";
}

/** Ceph's gateway up to release 18 has no `Server` in its answers, but a way of its own to number them. */
function softwareOf(headers: Readonly<Record<string, string>>): string {
  const { server = "", "x-amz-request-id": id = "" } = headers;
  const isGateway = server.startsWith("Ceph Object Gateway") || /^tx[0-9a-f]{21}-[0-9a-f]{10}-[0-9a-f]+-/.test(id);
  return isGateway ? RADOS_GATEWAY : server;
}

function listOne({ bucket, prefix }: S3Location): ListObjectsV2Command {
  return new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
}

function isAnswer(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status !== undefined && status >= 400 && status < 500;
}

/** The command, of whose answer the headers are shown. */
function watched<C extends HeadBucketCommand | ListObjectsV2Command>(
  command: C,
  observe: (headers: Readonly<Record<string, string>> | undefined) => void,
): C {
  const stack = command.middlewareStack as HeadBucketCommand["middlewareStack"];
  stack.add(
    (next) => async (args) => {
      const result = await next(args);
      observe((result.response as { headers?: Record<string, string> }).headers);
      return result;
    },
    { step: "deserialize", priority: "low", name: "observe" },
  );
  return command;
}
