import { randomBytes } from "node:crypto";
import { allBytes, keptContent } from "./content.ts";
import type { S3World } from "./exchange.ts";
import { FaultBook, type S3FaultRule } from "./faults.ts";
import { type HttpListener, listenHttp } from "./listen.ts";
import { APPEND_ONLY_ACTIONS } from "./permissions.ts";
import { type S3Service, serveS3 } from "./service.ts";
import { Bucket, type ObjectVersion } from "./store.ts";
import type { S3Credentials, S3Quirks, S3Request, S3ServerOptions, S3Site, SyntheticObjects } from "./types.ts";

/** What a key holds or held. */
export interface StoredVersion
  extends Pick<ObjectVersion, "key" | "versionId" | "modified" | "etag" | "storageClass" | "deleteMarker" | "attributes"> {
  readonly size: number;
  /** Replaced or removed: no request sees it any more. */
  readonly gone: boolean;
  readonly bytes: () => Uint8Array;
}

export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  /** Part numbers in ascending order. */
  readonly parts: readonly number[];
}

/** A strict S3 server in this process. Whatever `bucket` is left out means its main bucket. */
export interface S3TestServer extends S3Site, AsyncDisposable {
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
  const world: S3World = {
    region: options.region ?? "us-east-1",
    quirks: { ...AWS, ...options.quirks },
    buckets: new Map(),
    objectLockDays: options.objectLockDays,
    expireAfterDays: options.expireAfterDays,
    keepBytes: options.keepBytes ?? true,
    now: () => new Date(Date.now() + (options.clockOffsetMs ?? 0)),
    newId: () => randomBytes(32).toString("hex"),
  };
  const service: S3Service = {
    world,
    credentials: { admin: newCredentials(), append: newCredentials() },
    appendActions: options.appendActions ?? APPEND_ONLY_ACTIONS,
    faults: new FaultBook(),
    requests: [],
  };
  const bucket = options.bucket ?? "backups";
  makeBucket(world, bucket).versioning =
    options.versioning === true || options.objectLockDays !== undefined ? "Enabled" : undefined;
  const listener = await listenHttp((request, response, gate) => serveS3(service, request, response, gate));
  return controls(service, listener, bucket);
}

function controls({ world, credentials, faults, requests }: S3Service, listener: HttpListener, main: string): S3TestServer {
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
    endpoint: listener.endpoint,
    region: world.region,
    bucket: main,
    ...credentials,
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
    makeBucket: async ({ versioning = false } = {}) => {
      const name = `bucket-${randomBytes(6).toString("hex")}`;
      makeBucket(world, name).versioning = versioning ? "Enabled" : undefined;
      return name;
    },
    synthesise: (name, objects) => {
      makeBucket(world, name).synthetic = objects;
    },
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

function makeBucket({ buckets }: S3World, name: string): Bucket {
  const bucket = new Bucket(name);
  buckets.set(name, bucket);
  return bucket;
}

function storedVersion(version: ObjectVersion): StoredVersion {
  const { key, versionId, modified, etag, storageClass, deleteMarker, attributes, gone, content } = version;
  const said = { key, versionId, modified, etag, storageClass, deleteMarker, attributes, gone, size: content.size };
  return { ...said, bytes: () => allBytes(content) };
}

function newCredentials(): S3Credentials {
  const letters = randomBytes(8).toString("hex").toUpperCase();
  return { accessKeyId: `AKIA${letters}`, secretAccessKey: randomBytes(30).toString("base64") };
}
