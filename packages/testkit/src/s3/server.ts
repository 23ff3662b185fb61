import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { bucketOf, checkPermission, checkRegion } from "./authorise.ts";
import { checkBodyHeaders, readBody } from "./body.ts";
import { allBytes, keptContent } from "./content.ts";
import { notImplemented, S3Error } from "./error.ts";
import type { Exchange, Reply, S3World } from "./exchange.ts";
import { FaultBook, type S3FaultEffect, type S3FaultRule } from "./faults.ts";
import { HANDLERS } from "./handlers.ts";
import { targetOf } from "./operation.ts";
import { APPEND_ONLY_ACTIONS } from "./permissions.ts";
import { type OpenRequest, openRecord } from "./request-record.ts";
import { requestTimeTooSkewed, verifySignature } from "./signature.ts";
import { Bucket, type ObjectVersion } from "./store.ts";
import type { S3Credentials, S3Quirks, S3Request, S3ServerOptions, SyntheticObjects } from "./types.ts";
import { BrokenOff, breakOff, receive, send } from "./wire.ts";

/** What a key holds or held. */
export interface StoredVersion
  extends Pick<ObjectVersion, "key" | "versionId" | "modified" | "etag" | "storageClass" | "deleteMarker" | "attributes"> {
  readonly size: number;
  /** Replaced or removed: no request sees it any more. */
  readonly gone: boolean;
  bytes(): Uint8Array;
}

export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  /** Part numbers in ascending order. */
  readonly parts: readonly number[];
}

/** A strict S3 server in this process. Whatever `bucket` is left out means its main bucket. */
export interface S3TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** May do everything. */
  readonly admin: S3Credentials;
  /** May do what `appendActions` says. */
  readonly append: S3Credentials;
  readonly requests: readonly S3Request[];
  fault(rule: S3FaultRule): void;
  clearFaults(): void;
  /** Everything that was ever stored under the key, oldest first, and delete markers. */
  versions(key: string, bucket?: string): readonly StoredVersion[];
  /** Keys that a listing shows, in its order. */
  keys(prefix?: string, bucket?: string): string[];
  /** Stores an object as somebody else would, whatever is there. */
  put(key: string, bytes: Uint8Array, options?: { readonly storageClass?: string; readonly bucket?: string }): void;
  pendingUploads(bucket?: string): readonly PendingUpload[];
  /** Moves an object to a class that must be restored before it can be read, as lifecycle does. Default GLACIER. */
  archive(key: string, storageClass?: "GLACIER" | "DEEP_ARCHIVE"): void;
  /** Brings the restoration that RestoreObject asked for to its end. @throws Error when nobody asked */
  thaw(key: string): void;
  /** Ends what was thawed. */
  freeze(key: string): void;
  /** Removes an object as lifecycle does. */
  expire(key: string): void;
  makeBucket(name: string, options?: { readonly versioning?: boolean }): void;
  /** Makes a bucket whose objects are computed. */
  synthesise(name: string, objects: SyntheticObjects): void;
}

const AWS: S3Quirks = {
  ignoresIfNoneMatchOnComplete: false,
  ignoresIfNoneMatch: false,
  ignoresChecksums: false,
  refusesChecksumHeaders: false,
  refusesTrailers: false,
  requiresIfNoneMatch: false,
  emptyEtagOnComplete: false,
  emptyErrorMessages: false,
  anyRegion: false,
  malformedOnWrongRegion: false,
  refusesDeleteObjectsWhole: false,
};

/** Starts one on 127.0.0.1, at a port of its own, with one bucket. */
export async function startS3Server(options: S3ServerOptions = {}): Promise<S3TestServer> {
  const quirks: S3Quirks = { ...AWS, ...options.quirks };
  const faults = new FaultBook();
  const requests: OpenRequest[] = [];
  const credentials: Readonly<Record<string, S3Credentials>> = { admin: newCredentials(), append: newCredentials() };
  const appendActions = options.appendActions ?? APPEND_ONLY_ACTIONS;
  const world: S3World = {
    region: options.region ?? "us-east-1",
    quirks,
    buckets: new Map(),
    objectLockDays: options.objectLockDays,
    expireAfterDays: options.expireAfterDays,
    keepBytes: options.keepBytes ?? true,
    now: () => new Date(Date.now() + (options.clockOffsetMs ?? 0)),
    newId: () => randomBytes(32).toString("hex"),
  };

  const http = createServer({ keepAlive: true, noDelay: true, requestTimeout: 0, headersTimeout: 0 });
  http.keepAliveTimeout = 0;
  http.on("request", (request, response) => void serve(request, response, false));
  http.on("checkContinue", (request, response) => void serve(request, response, true));
  await new Promise<void>((resolve, reject) => http.once("error", reject).listen(0, "127.0.0.1", resolve));

  const server = controls();
  server.makeBucket(server.bucket, { versioning: options.versioning ?? options.objectLockDays !== undefined });
  return server;

  /** Never rejects: what goes wrong here is an answer of 500 and a line on stderr. */
  async function serve(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    let effect: S3FaultEffect | undefined;
    let record: OpenRequest | undefined;
    try {
      record = openRecord(request, userOf);
      requests.push(record);
      effect = faults.effectOn(record);
      const counted = record;
      const body = receive(request, effect, (count) => (counted.bytes += count));
      const next = () => {
        if (awaitsContinue) response.writeContinue();
        awaitsContinue = false;
      };
      const reply = await answer(request, body, effect, next).catch(async (error: unknown) => {
        if (error instanceof BrokenOff) throw error;
        // A client that has not been told to go on sends no body; from others it is taken off the line first.
        if (!awaitsContinue) for await (const _ of body);
        return errorReply(error, counted);
      });
      await deliver(request, response, reply, record, effect, awaitsContinue);
    } catch (error) {
      if (error instanceof BrokenOff) return;
      const reply = errorReply(error instanceof URIError ? invalidUri() : error, record);
      await deliver(request, response, reply, record, undefined, true);
    }
  }

  async function answer(
    request: IncomingMessage,
    stream: AsyncIterable<Buffer>,
    effect: S3FaultEffect | undefined,
    goOn: () => void,
  ): Promise<Reply> {
    if (effect?.kind === "reset" && effect.at === "start") await breakOff(request, effect);
    if (effect?.kind === "error") throw new S3Error(effect.status, effect.code, effect.message ?? "", {}, effect.headers);
    if (effect?.kind === "skew") throw requestTimeTooSkewed(String(request.headers["x-amz-date"]), world.now());
    if (effect?.kind === "expiredToken") throw new S3Error(400, "ExpiredToken", "The provided token has expired.");

    const target = targetOf(request.method ?? "", request.url ?? "/", request.headers);
    const secretOf = (id: string) => Object.values(credentials).find(({ accessKeyId }) => accessKeyId === id)?.secretAccessKey;
    const signed = verifySignature(request, target, secretOf, world.now());
    const user = userOf(signed.accessKeyId);
    const may = (action: string) => user === "admin" || appendActions.includes(action);
    checkRegion(world, target, signed.region);
    const handler = HANDLERS[target.operation];
    if (target.operation === "Unknown")
      throw new S3Error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
    const bucket = bucketOf(world, target);
    checkPermission(request, target, user, may, quirks.requiresIfNoneMatch);
    if (handler === undefined) throw notImplemented(target.operation);
    checkBodyHeaders(request, quirks);
    goOn();
    const body = await readBody(request.headers, stream, signed.payload, quirks);
    const exchange: Exchange = { world, target, headers: request.headers, user, bucket, body, may };
    if (effect?.kind !== "errorIn200") return handler(exchange);
    if (effect.done === true) handler(exchange);
    const error = new S3Error(200, effect.code ?? "InternalError", "We encountered an internal error. Please try again.");
    return errorReply(error);
  }

  function errorReply(error: unknown, record?: OpenRequest): Reply {
    if (!(error instanceof S3Error)) console.error("the S3 server of the tests failed:", error);
    const known = error instanceof S3Error ? error : new S3Error(500, "InternalError", String(error));
    const { status, headers } = known;
    if (status === 304) return { status, headers };
    const shown = quirks.emptyErrorMessages ? new S3Error(status, known.code, "", known.details) : known;
    return { status, headers: { "content-type": "application/xml", ...headers }, body: shown.body(record?.path ?? "", "0") };
  }

  async function deliver(
    request: IncomingMessage,
    response: ServerResponse,
    reply: Reply,
    record: OpenRequest | undefined,
    effect: S3FaultEffect | undefined,
    close: boolean,
  ): Promise<void> {
    if (effect?.kind === "lostAnswer") return void request.socket.resetAndDestroy();
    if (record !== undefined) record.status = reply.status;
    response.sendDate = false;
    response.statusCode = reply.status;
    const text = typeof reply.body === "string" ? Buffer.from(reply.body) : undefined;
    const headers = {
      date: world.now().toUTCString(),
      server: "AmazonS3",
      "x-amz-request-id": world.newId().slice(0, 16).toUpperCase(),
      "content-length": reply.status === 204 || reply.status === 304 ? undefined : String(text?.length ?? 0),
      connection: close ? "close" : undefined,
      ...reply.headers,
    };
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
    const { body } = reply;
    const bytes = typeof body === "object" ? body.content.slices(body.start, body.end) : [text ?? Buffer.alloc(0)];
    await send(request, response, request.method === "HEAD" ? [] : bytes, effect);
  }

  function userOf(accessKeyId: string): string {
    return Object.keys(credentials).find((name) => credentials[name]!.accessKeyId === accessKeyId) ?? accessKeyId;
  }

  function controls(): S3TestServer {
    const main = options.bucket ?? "backups";
    const bucketNamed = (name = main): Bucket => {
      const bucket = world.buckets.get(name);
      if (bucket === undefined) throw new Error(`no bucket ${name}`);
      return bucket;
    };
    const current = (key: string): ObjectVersion => {
      const version = bucketNamed().current(key);
      if (version === undefined) throw new Error(`no object ${key}`);
      return version;
    };
    return {
      endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
      region: world.region,
      bucket: main,
      admin: credentials["admin"]!,
      append: credentials["append"]!,
      requests,
      fault: (rule) => faults.add(rule),
      clearFaults: () => faults.clear(),
      versions: (key, bucket) => bucketNamed(bucket).history(key).map(storedVersion),
      keys: (prefix = "", bucket) => {
        const inside = bucketNamed(bucket);
        return [...inside.keys(prefix, undefined)].filter((key) => inside.current(key) !== undefined);
      },
      put: (key, bytes, { storageClass = "STANDARD", bucket } = {}) => {
        const own = { etag: `"${randomBytes(16).toString("hex")}"`, attributes: {}, checksum: undefined, storageClass };
        bucketNamed(bucket).add({ key, content: keptContent([bytes.slice()]), ...own }, world.now());
      },
      pendingUploads: (bucket) =>
        [...bucketNamed(bucket).uploads.values()].map(({ key, uploadId, parts }) => ({
          key,
          uploadId,
          parts: [...parts.keys()].sort((a, b) => a - b),
        })),
      archive: (key, storageClass = "GLACIER") => {
        current(key).storageClass = storageClass;
      },
      thaw: (key) => {
        const version = current(key);
        if (version.restore === undefined) throw new Error(`nobody asked to restore ${key}`);
        version.restore = { state: "restored", until: new Date(world.now().getTime() + 7 * 86_400_000) };
      },
      freeze: (key) => {
        current(key).restore = undefined;
      },
      expire: (key) => void bucketNamed().remove(key, world.now()),
      makeBucket: (name, { versioning = false } = {}) => {
        const bucket = new Bucket(name);
        if (versioning) bucket.versioning = "Enabled";
        world.buckets.set(name, bucket);
      },
      synthesise: (name, objects) => {
        const bucket = new Bucket(name);
        bucket.synthetic = objects;
        world.buckets.set(name, bucket);
      },
      [Symbol.asyncDispose]: () =>
        new Promise<void>((resolve) => {
          http.close(() => resolve());
          http.closeAllConnections();
        }),
    };
  }
}

function storedVersion(version: ObjectVersion): StoredVersion {
  const { key, versionId, modified, etag, storageClass, deleteMarker, attributes, gone, content } = version;
  const said = { key, versionId, modified, etag, storageClass, deleteMarker, attributes, gone, size: content.size };
  return { ...said, bytes: () => allBytes(content) };
}

function newCredentials(): S3Credentials {
  const letters = randomBytes(16).toString("hex").toUpperCase().slice(0, 16);
  return { accessKeyId: `AKIA${letters}`, secretAccessKey: randomBytes(30).toString("base64") };
}

function invalidUri(): S3Error {
  return new S3Error(400, "InvalidURI", "Couldn't parse the specified URI.");
}
