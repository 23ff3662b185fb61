import { HeadBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { displayText, isDoppelError } from "@doppel/base";
import type { DriverContext } from "../storage.ts";
import type { Bucket } from "./bucket.ts";
import { Buffers } from "./buffers.ts";
import { Checksums } from "./checksums.ts";
import { type Connection, connect } from "./client.ts";
import { regionNamed, type S3Place } from "./errors.ts";
import { describeProtection, Protection } from "./protection.ts";
import { Sender } from "./sender.ts";
import { Slots } from "./slots.ts";
import { S3Storage } from "./storage.ts";
import type { S3Location, S3Reading } from "./url.ts";

const BUFFER_BYTES = 64 * 2 ** 20;
const PARALLEL_PARTS = 4;
/** For the question whether a host name is a bucket: where AWS cannot be reached, it is not. */
const LOOK_MS = 15_000;

/** A connection whose bucket answers. */
interface Opened {
  readonly location: S3Location;
  readonly connection: Connection;
  readonly sender: Sender;
  /** Who says it is the server: the header `Server` of its answer. */
  readonly software: string;
}

/**
 * Opens the bucket of a URL: looks which of its readings holds, which region it is in, and that it may be listed.
 * @throws storage.bad-url, storage.credentials, storage.denied, storage.unavailable
 */
export async function openBucket(reading: S3Reading, context: DriverContext): Promise<S3Storage> {
  const { s3: options = {}, emit = () => undefined, random } = context;
  const { location, connection, sender, software } = await openReading(reading, (place, signal) =>
    openLocation(place, context, signal),
  );
  const tell = (detail: string): void => emit({ type: "notice", reason: "target", incomplete: false, detail });
  const { bucket: name, prefix } = location;
  const where =
    connection.endpoint === undefined
      ? `AWS, region ${connection.region}`
      : `${connection.endpoint}, region ${connection.region}`;
  const { AWS_PROFILE: profile, AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = context.env ?? {};
  if (profile && key && secret && options.credentials === undefined && options.profile === undefined) {
    tell(`the credentials are those of AWS_PROFILE ("${displayText(profile)}"): AWS_ACCESS_KEY_ID is set too, and not used`);
  }
  const label = `s3://${name}/${displayText(prefix)}${connection.endpoint === undefined ? "" : ` at ${connection.endpoint}`}`;
  tell(`S3 bucket "${name}", prefix "${displayText(prefix)}", at ${where}: ${location.reading}`);
  const isAws =
    software === "AmazonS3" &&
    /^https?:\/\/[^/]*\.amazonaws\.com(\.cn)?(\/|$)/.test(connection.endpoint ?? "https://s3.amazonaws.com");
  const protection = new Protection(isAws, (state) => tell(describeProtection(state)));
  const bucket: Bucket = {
    name,
    prefix,
    options,
    sender,
    protection,
    random,
    checksums: new Checksums(options.checksums ?? "auto"),
    buffers: new Buffers(options.bufferBytes ?? BUFFER_BYTES),
    slots: new Slots(Math.max(1, options.parallelParts ?? PARALLEL_PARTS)),
  };
  const storage = new S3Storage({ label, bucket, close: () => connection.client.destroy() });
  if (context.purpose === "write" && options.asOf === undefined) {
    tell(describeProtection(protection.state));
    void storage.tidyUp((aborted) => {
      if (aborted > 0) tell(`${aborted} unfinished uploads of more than a day ago were aborted`);
    });
  }
  return storage;
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
async function openLocation(location: S3Location, context: DriverContext, signal?: AbortSignal): Promise<Opened> {
  const { s3: options = {} } = context;
  let connection = await connectTo(location, context, options.region ?? location.region);
  let error: unknown;
  for (let tries = 0; tries < 2; tries++) {
    const opened = await tryOpen(location, connection, context, signal);
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
  signal: AbortSignal | undefined,
): Promise<Opened | { readonly error: unknown; readonly region: string | undefined }> {
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
  const observe = (headers: Readonly<Record<string, string>> | undefined): void => {
    software = headers?.["server"] ?? "";
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
    return { error, region: redirect ?? regionNamed((error as { cause?: unknown }).cause) };
  }
  return { location, connection, sender, software };
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
