/** The headers of a write that the object keeps, and those that come back with it. */
import type { IncomingHttpHeaders } from "node:http";
import { invalidArgument, S3Error } from "./error.ts";
import type { Exchange, S3World } from "./exchange.ts";
import type { Attributes, ObjectVersion } from "./store.ts";

const STORAGE_CLASSES = new Set([
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "DEEP_ARCHIVE",
  "GLACIER_IR",
]);
const KEPT =
  /^(?:content-(?:type|disposition|language|encoding)|cache-control|expires|x-amz-meta-.+|x-amz-server-side-encryption.*)$/;

/** @throws S3Error for a storage class or encryption that does not exist, or an ACL, which new buckets do not take */
export function attributesOf(headers: IncomingHttpHeaders): { readonly attributes: Attributes; readonly storageClass: string } {
  const storageClass = String(headers["x-amz-storage-class"] ?? "STANDARD");
  if (!STORAGE_CLASSES.has(storageClass))
    throw new S3Error(400, "InvalidStorageClass", "The storage class you specified is not valid", {
      StorageClassRequested: storageClass,
    });
  const acl = headers["x-amz-acl"];
  if (acl !== undefined && acl !== "bucket-owner-full-control")
    throw new S3Error(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
  const sse = headers["x-amz-server-side-encryption"] ?? "AES256";
  if (sse !== "AES256" && sse !== "aws:kms" && sse !== "aws:kms:dsse")
    throw invalidArgument("x-amz-server-side-encryption", String(sse), "The encryption method specified is not supported");
  if (sse === "AES256" && headers["x-amz-server-side-encryption-aws-kms-key-id"] !== undefined) {
    throw invalidArgument(
      "x-amz-server-side-encryption",
      String(sse),
      "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
    );
  }
  const attributes: Record<string, string> = {
    "content-type": "binary/octet-stream",
    "x-amz-server-side-encryption": String(sse),
  };
  for (const [name, value] of Object.entries(headers)) if (KEPT.test(name)) attributes[name] = String(value);
  const encoding = attributes["content-encoding"]?.replace(/(?:^|,\s*)aws-chunked\b/, "").replace(/^,\s*/, "");
  if (encoding === "") delete attributes["content-encoding"];
  else if (encoding !== undefined) attributes["content-encoding"] = encoding;
  return { attributes, storageClass };
}

/** The encryption, as every answer to a write repeats it. */
export function encryptionHeaders(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith("x-amz-server-side-encryption")));
}

/** An MD5 only where S3's ETag is one: objects encrypted by KMS have an arbitrary one. */
export function etagOf(md5: string, attributes: Attributes, world: S3World): string {
  const kms = attributes["x-amz-server-side-encryption"] !== "AES256";
  return `"${kms ? world.newId().slice(0, 32) : md5}"`;
}

/** What every answer about an object says of it, besides the attributes. */
export function stateHeaders({ world, bucket }: Exchange, version: ObjectVersion): Record<string, string | undefined> {
  return {
    "x-amz-version-id": bucket.versioning === undefined ? undefined : version.versionId,
    "x-amz-storage-class": version.storageClass === "STANDARD" ? undefined : version.storageClass,
    "x-amz-restore": restoreHeader(version),
    "x-amz-expiration": expirationHeader(world, version),
  };
}

function expirationHeader({ expireAfterDays }: S3World, { modified }: ObjectVersion): string | undefined {
  if (expireAfterDays === undefined) return undefined;
  // Lifecycle works in whole days, at midnight.
  const at = new Date(Math.ceil(modified.getTime() / 86_400_000 + expireAfterDays) * 86_400_000);
  return `expiry-date="${at.toUTCString()}", rule-id="expire-backups"`;
}

function restoreHeader({ restore }: ObjectVersion): string | undefined {
  if (restore === undefined) return undefined;
  if (restore.state === "ongoing") return `ongoing-request="true"`;
  return `ongoing-request="false", expiry-date="${restore.until.toUTCString()}"`;
}
