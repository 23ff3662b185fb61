/** Conditional requests. */
import type { IncomingHttpHeaders } from "node:http";
import { notImplemented, S3Error } from "./error.ts";
import type { Exchange } from "./exchange.ts";
import type { ObjectVersion } from "./store.ts";

/**
 * Whether a write may take place, looking at the current version. Call it immediately before the write.
 * @throws S3Error 412 when a condition does not hold
 */
export function checkWriteConditions({ headers, bucket, target }: Exchange, ignoresIfNoneMatch: boolean): void {
  const current = bucket.current(target.key);
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined && !ignoresIfNoneMatch) {
    if (ifNoneMatch !== "*") throw notImplemented("If-None-Match with anything but *");
    if (current !== undefined) throw preconditionFailed("If-None-Match");
  }
  const ifMatch = headers["if-match"];
  if (ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey(target.key);
  if (!namesEtag(ifMatch, current.etag)) throw preconditionFailed("If-Match");
}

/**
 * Whether a read gives the object.
 * @throws S3Error 412, or 304 when the reader has it already
 */
export function checkReadConditions(headers: IncomingHttpHeaders, version: ObjectVersion): void {
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = headers;
  if (ifMatch !== undefined && !namesEtag(ifMatch, version.etag)) throw preconditionFailed("If-Match");
  if (ifNoneMatch !== undefined && namesEtag(ifNoneMatch, version.etag))
    throw new S3Error(304, "NotModified", "Not Modified", {}, { etag: version.etag });
}

export function noSuchKey(key: string): S3Error {
  return new S3Error(404, "NoSuchKey", "The specified key does not exist.", { Key: key });
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    Condition: condition,
  });
}

function namesEtag(header: string, etag: string): boolean {
  return header.split(",").some((value) => value.trim() === "*" || value.trim().replaceAll('"', "") === etag.replaceAll('"', ""));
}
