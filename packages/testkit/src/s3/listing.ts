/** ListObjects, ListObjectsV2 and ListObjectVersions: pages in UTF-8 byte order, keys rolled up at a delimiter. */
import { numberIn, textEncoder, truncationKey } from "./parameters.ts";
import { invalidArgument } from "./error.ts";
import { type Exchange, type Handler, xmlReply } from "./exchange.ts";
import type { Bucket, ObjectVersion } from "./store.ts";
import { element, result } from "./xml.ts";

const MAX_KEYS = 1000;

export const listObjectsV2: Handler = (exchange) => {
  const { target, bucket, headers } = exchange;
  const { query } = target;
  const token = query.get("continuation-token") ?? undefined;
  const startAfter = query.get("start-after") ?? undefined;
  const page = pageOf(exchange, token === undefined ? startAfter : keyOfToken(token));
  const withRestore = /\bRestoreStatus\b/.test(String(headers["x-amz-optional-object-attributes"] ?? ""));
  const owner = query.get("fetch-owner") === "true";
  return xmlReply(
    result("ListBucketResult", [
      ...head(exchange, page),
      element("KeyCount", page.entries.length),
      ...(token === undefined ? [] : [element("ContinuationToken", token)]),
      ...(page.next === undefined ? [] : [element("NextContinuationToken", tokenOf(page.next))]),
      ...(startAfter === undefined ? [] : [element("StartAfter", page.encode(startAfter))]),
      ...objects(bucket, page, owner, withRestore),
    ]),
  );
};

/** The first version of the list, which old programs use. */
export const listObjects: Handler = (exchange) => {
  const { target, bucket } = exchange;
  const marker = target.query.get("marker") ?? undefined;
  const page = pageOf(exchange, marker);
  // Without a delimiter the last key is what to go on from.
  const next = page.next !== undefined && target.query.has("delimiter") ? [element("NextMarker", page.encode(page.next))] : [];
  return xmlReply(
    result("ListBucketResult", [
      ...head(exchange, page),
      element("Marker", page.encode(marker ?? "")),
      ...next,
      ...objects(bucket, page, true, false),
    ]),
  );
};

export const listObjectVersions: Handler = (exchange) => {
  const { target, bucket } = exchange;
  const { query } = target;
  const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("version-id-marker") ?? ""];
  if (idMarker !== "" && keyMarker === "")
    throw invalidArgument("version-id-marker", idMarker, "A version-id marker cannot be specified without a key marker.");
  const { encode, prefix, max } = settings(exchange);
  const rows: string[] = [];
  let last: ObjectVersion | undefined;
  let truncated = false;
  const resumed = idMarker === "" ? [] : after(visible(bucket, keyMarker), idMarker);
  scan: for (const versions of [resumed, ...versionsAfter(bucket, prefix, keyMarker)]) {
    for (const version of versions) {
      if (rows.length === max) {
        truncated = true;
        break scan;
      }
      rows.push(versionRow(version, bucket.latest(version.key) === version, encode));
      last = version;
    }
  }
  const next =
    truncated && last ? [element("NextKeyMarker", encode(last.key)), element("NextVersionIdMarker", last.versionId)] : [];
  return xmlReply(
    result("ListVersionsResult", [
      ...common(exchange, truncated),
      element("KeyMarker", encode(keyMarker)),
      element("VersionIdMarker", idMarker),
      ...next,
      ...rows,
    ]),
  );
};

interface Page {
  /** Keys, and common prefixes, in one order; each counts. */
  readonly entries: readonly { readonly key: string; readonly isPrefix: boolean }[];
  /** The last entry, when there are more. */
  readonly next: string | undefined;
  readonly encode: (text: string) => string;
}

function settings({ target: { query } }: Exchange) {
  const max = numberIn(
    "max-keys",
    query.get("max-keys"),
    0,
    2 ** 31 - 1,
    "Provided max-keys not an integer or within integer range",
  );
  return {
    encode: textEncoder(query),
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    max: Math.min(max ?? MAX_KEYS, MAX_KEYS),
  };
}

function pageOf(exchange: Exchange, from: string | undefined): Page {
  const { encode, prefix, delimiter, max } = settings(exchange);
  const entries: { key: string; isPrefix: boolean }[] = [];
  const resume = from === undefined ? undefined : truncationKey(from, prefix, delimiter);
  let folder: string | undefined = resume?.folder;
  for (const key of exchange.bucket.keys(prefix, from)) {
    if (folder !== undefined && key.startsWith(folder)) continue;
    if (exchange.bucket.current(key) === undefined) continue;
    if (entries.length === max) return { entries, next: max === 0 ? undefined : entries.at(-1)?.key, encode };
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    folder = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    entries.push({ key: folder ?? key, isPrefix: folder !== undefined });
  }
  return { entries, next: undefined, encode };
}

function head(exchange: Exchange, page: Page): string[] {
  return common(exchange, page.next !== undefined);
}

function common(exchange: Exchange, truncated: boolean): string[] {
  const { target, bucket } = exchange;
  const { encode, prefix, delimiter, max } = settings(exchange);
  return [
    element("Name", bucket.name),
    element("Prefix", encode(prefix)),
    ...(delimiter === "" ? [] : [element("Delimiter", encode(delimiter))]),
    element("MaxKeys", max),
    ...(target.query.has("encoding-type") ? [element("EncodingType", "url")] : []),
    element("IsTruncated", truncated),
  ];
}

function objects(bucket: Bucket, { entries, encode }: Page, owner: boolean, withRestore: boolean): string[] {
  return entries.map(({ key, isPrefix }) => {
    if (isPrefix) return element("CommonPrefixes", [element("Prefix", encode(key))]);
    const version = bucket.current(key)!;
    return element("Contents", [
      element("Key", encode(key)),
      element("LastModified", version.modified.toISOString()),
      element("ETag", version.etag),
      ...checksumFields(version),
      element("Size", version.content.size),
      ...(owner ? [OWNER] : []),
      element("StorageClass", version.storageClass),
      ...(withRestore && version.restore !== undefined ? [restoreStatus(version.restore)] : []),
    ]);
  });
}

function checksumFields({ checksum }: ObjectVersion): string[] {
  return checksum ? [element("ChecksumAlgorithm", checksum.algorithm), element("ChecksumType", checksum.type)] : [];
}

function restoreStatus(restore: NonNullable<ObjectVersion["restore"]>): string {
  const until = restore.state === "restored" ? [element("RestoreExpiryDate", restore.until.toISOString())] : [];
  return element("RestoreStatus", [element("IsRestoreInProgress", restore.state === "ongoing"), ...until]);
}

function versionRow(version: ObjectVersion, isLatest: boolean, encode: (text: string) => string): string {
  const names = [
    element("Key", encode(version.key)),
    element("VersionId", version.versionId),
    element("IsLatest", isLatest),
    element("LastModified", version.modified.toISOString()),
  ];
  if (version.deleteMarker) return element("DeleteMarker", [...names, OWNER]);
  const { etag, content, storageClass } = version;
  const rest = [element("ETag", etag), ...checksumFields(version), element("Size", content.size)];
  return element("Version", [...names, ...rest, OWNER, element("StorageClass", storageClass)]);
}

/** Of one key, newest first. */
function visible(bucket: Bucket, key: string): ObjectVersion[] {
  return bucket
    .history(key)
    .filter(({ gone }) => !gone)
    .toReversed();
}

function* versionsAfter(bucket: Bucket, prefix: string, keyMarker: string): Iterable<ObjectVersion[]> {
  for (const key of bucket.keys(prefix, keyMarker === "" ? undefined : keyMarker)) yield visible(bucket, key);
}

function after(versions: readonly ObjectVersion[], id: string): ObjectVersion[] {
  const index = versions.findIndex(({ versionId }) => versionId === id);
  if (index < 0) throw invalidArgument("version-id-marker", id, "Invalid version id specified");
  return versions.slice(index + 1);
}

/** Opaque to clients, as it must be. */
function tokenOf(key: string): string {
  return `1${Buffer.from(key).reverse().toString("base64")}`;
}

function keyOfToken(token: string): string {
  const key = Buffer.from(token.slice(1), "base64").reverse().toString("utf8");
  if (tokenOf(key) !== token) throw invalidArgument("continuation-token", token, "The continuation token provided is incorrect");
  return key;
}

const OWNER = element("Owner", [element("ID", "testkit")]);
