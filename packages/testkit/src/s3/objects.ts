/** PutObject, GetObject, HeadObject, CopyObject. */
import { attributesOf, encryptionHeaders, etagOf, stateHeaders } from "./attributes.ts";
import { type Checksum, checksumHeader, checksumOf } from "./checksums.ts";
import { checkReadConditions, checkWriteConditions, noSuchKey } from "./conditions.ts";
import { type Content, keptContent, zeroContent } from "./content.ts";
import { accessDenied, notImplemented, S3Error } from "./error.ts";
import { type Exchange, type Handler, type Reply, xmlReply } from "./exchange.ts";
import type { ObjectVersion } from "./store.ts";
import { element, result } from "./xml.ts";

const ARCHIVED = new Set(["GLACIER", "DEEP_ARCHIVE"]);
/** Bytes of UTF-8. */
const MAX_KEY = 1024;

export const putObject: Handler = (exchange) => {
  const { world, target, headers, bucket, body } = exchange;
  checkKey(target.key);
  const { attributes, storageClass } = attributesOf(headers);
  checkWriteConditions(exchange, world.quirks.ignoresIfNoneMatch);
  const content = contentOf(exchange);
  const checksum: Checksum | undefined = body.checksum && { ...body.checksum, type: "FULL_OBJECT" };
  const etag = etagOf(body.md5, attributes, world);
  const version = bucket.add({ key: target.key, content, etag, attributes, checksum, storageClass }, world.now());
  return {
    status: 200,
    headers: {
      etag,
      ...encryptionHeaders(attributes),
      ...checksumHeaders(exchange, version, content),
      ...stateHeaders(exchange, version),
    },
  };
};

export const getObject: Handler = (exchange) => readObject(exchange, true);

export const headObject: Handler = (exchange) => readObject(exchange, false);

export const copyObject: Handler = (exchange) => {
  const { world, target, headers, bucket } = exchange;
  const [path = "", versionId] = decodeURIComponent(String(headers["x-amz-copy-source"])).replace(/^\//, "").split("?versionId=");
  const [from = "", ...key] = path.split("/");
  const source = world.buckets.get(from);
  const version = versionId === undefined ? source?.current(key.join("/")) : source?.version(key.join("/"), versionId);
  if (version === undefined) throw noSuchKey(key.join("/"));
  checkReadable(version);
  const given = attributesOf(headers);
  const attributes = headers["x-amz-metadata-directive"] === "REPLACE" ? given.attributes : version.attributes;
  checkWriteConditions(exchange, world.quirks.ignoresIfNoneMatch || world.quirks.ignoresIfNoneMatchOnComplete);
  const { content, etag, checksum } = version;
  const copy = bucket.add(
    { key: target.key, content, etag, attributes, checksum, storageClass: given.storageClass },
    world.now(),
  );
  const fields = [element("ETag", etag), element("LastModified", copy.modified.toISOString())];
  return xmlReply(result("CopyObjectResult", fields), stateHeaders(exchange, copy));
};

/** The body as an object keeps it. */
export function contentOf({ world, body }: Exchange): Content {
  return world.keepBytes ? keptContent(body.chunks) : zeroContent(body.size);
}

/** @throws S3Error KeyTooLongError */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY) {
    throw new S3Error(400, "KeyTooLongError", "Your key is too long", {
      Size: String(Buffer.byteLength(key)),
      MaxSizeAllowed: String(MAX_KEY),
    });
  }
}

/** S3 computes a CRC64NVME where nobody stated a checksum. */
function checksumHeaders({ world }: Exchange, { checksum }: ObjectVersion, content?: Content): Record<string, string> {
  if (world.quirks.ignoresChecksums || world.quirks.refusesChecksumHeaders || !world.keepBytes) return {};
  const known: Checksum | undefined =
    checksum ??
    (content && { algorithm: "CRC64NVME", type: "FULL_OBJECT", value: checksumOf("CRC64NVME", content.slices(0, content.size)) });
  return known ? { [checksumHeader(known.algorithm)]: known.value, "x-amz-checksum-type": known.type } : {};
}

function readObject(exchange: Exchange, withBody: boolean): Reply {
  const { target, headers } = exchange;
  if (target.query.has("partNumber")) throw notImplemented("partNumber in reads");
  const version = wanted(exchange);
  checkReadConditions(headers, version);
  if (withBody) checkReadable(version);
  const { size } = version.content;
  const range = rangeOf(headers.range, size);
  const [start, end] = range ?? [0, size];
  const checksum = headers["x-amz-checksum-mode"] === "ENABLED" && range === undefined;
  const reply = {
    status: range ? 206 : 200,
    headers: {
      ...version.attributes,
      ...overrides(exchange),
      "last-modified": version.modified.toUTCString(),
      etag: version.etag,
      "accept-ranges": "bytes",
      "content-range": range && `bytes ${start}-${end - 1}/${size}`,
      "content-length": String(end - start),
      ...stateHeaders(exchange, version),
      ...(checksum ? checksumHeaders(exchange, version, version.content) : {}),
    },
  };
  return withBody ? { ...reply, body: { content: version.content, start, end } } : reply;
}

/** The version that the request names, or the current one. */
function wanted(exchange: Exchange): ObjectVersion {
  const { target, bucket } = exchange;
  const id = target.query.get("versionId");
  if (id !== null) {
    const version = bucket.version(target.key, id);
    if (version === undefined)
      throw new S3Error(404, "NoSuchVersion", "The specified version does not exist.", { Key: target.key, VersionId: id });
    if (version.deleteMarker)
      throw new S3Error(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        {},
        { "x-amz-delete-marker": "true" },
      );
    return version;
  }
  const latest = bucket.latest(target.key);
  if (latest !== undefined && !latest.deleteMarker) return latest;
  // Who may not list may not learn what is not there either.
  if (!exchange.may("s3:ListBucket")) throw accessDenied("Access Denied");
  const missing = noSuchKey(target.key);
  if (latest === undefined) throw missing;
  throw new S3Error(404, missing.code, missing.message, missing.details, {
    "x-amz-delete-marker": "true",
    "x-amz-version-id": latest.versionId,
  });
}

function checkReadable({ storageClass, restore }: ObjectVersion): void {
  if (!ARCHIVED.has(storageClass) || restore?.state === "restored") return;
  throw new S3Error(403, "InvalidObjectState", "The operation is not valid for the object's storage class", {
    StorageClass: storageClass,
  });
}

/** Start and end (exclusive), or undefined for everything: also when the header is none that S3 understands. */
function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start >= size || (first === "" && last === "0")) {
    throw new S3Error(
      416,
      "InvalidRange",
      "The requested range is not satisfiable",
      { RangeRequested: String(header), ActualObjectSize: String(size) },
      { "content-range": `bytes */${size}` },
    );
  }
  return [start, end];
}

/** response-content-type and the like. */
function overrides({ target }: Exchange): Record<string, string> {
  const given = [...target.query].filter(([name]) => name.startsWith("response-"));
  return Object.fromEntries(given.map(([name, value]) => [name.slice("response-".length), value]));
}
