/** Which of S3's operations a request is. */
import type { IncomingHttpHeaders } from "node:http";

export interface S3Target {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  /** Decoded. */
  readonly query: URLSearchParams;
  /** As sent. */
  readonly path: string;
  readonly rawQuery: string;
}

/** Names by method and distinguishing query parameter; "" is the one without any. In the order in which they are tried. */
const OBJECT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GET: {
    uploadId: "ListParts",
    acl: "GetObjectAcl",
    tagging: "GetObjectTagging",
    retention: "GetObjectRetention",
    "legal-hold": "GetObjectLegalHold",
    attributes: "GetObjectAttributes",
    "": "GetObject",
  },
  HEAD: { "": "HeadObject" },
  PUT: {
    uploadId: "UploadPart",
    acl: "PutObjectAcl",
    tagging: "PutObjectTagging",
    retention: "PutObjectRetention",
    "legal-hold": "PutObjectLegalHold",
    "": "PutObject",
  },
  POST: { uploads: "CreateMultipartUpload", uploadId: "CompleteMultipartUpload", restore: "RestoreObject" },
  DELETE: { uploadId: "AbortMultipartUpload", tagging: "DeleteObjectTagging", "": "DeleteObject" },
};

const BUCKET: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  GET: {
    "list-type": "ListObjectsV2",
    location: "GetBucketLocation",
    uploads: "ListMultipartUploads",
    versions: "ListObjectVersions",
    versioning: "GetBucketVersioning",
    "object-lock": "GetObjectLockConfiguration",
    lifecycle: "GetBucketLifecycleConfiguration",
    policy: "GetBucketPolicy",
    acl: "GetBucketAcl",
    "": "ListObjects",
  },
  HEAD: { "": "HeadBucket" },
  PUT: {
    versioning: "PutBucketVersioning",
    "object-lock": "PutObjectLockConfiguration",
    lifecycle: "PutBucketLifecycleConfiguration",
    policy: "PutBucketPolicy",
    acl: "PutBucketAcl",
    "": "CreateBucket",
  },
  POST: { delete: "DeleteObjects" },
  DELETE: { lifecycle: "DeleteBucketLifecycle", policy: "DeleteBucketPolicy", "": "DeleteBucket" },
};

/**
 * Takes apart a request target: `/bucket/key`, or a whole URL, as a proxy is sent; the bucket also from a virtual host.
 * @throws URIError when the path is no UTF-8
 */
export function targetOf(method: string, url: string, headers: IncomingHttpHeaders): S3Target {
  const [, authority, rest = "/"] = /^(?:https?:\/\/([^/?]*))?(.*)$/.exec(url) ?? [];
  const mark = rest.indexOf("?");
  const path = (mark < 0 ? rest : rest.slice(0, mark)) || "/";
  const rawQuery = mark < 0 ? "" : rest.slice(mark + 1);
  const query = new URLSearchParams(rawQuery);
  const virtual = virtualBucket(authority ?? headers.host ?? "");
  const [, first = "", second = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  const bucket = virtual ?? decodeURIComponent(first);
  const key = decodeURIComponent(virtual === undefined ? second : path.slice(1));
  return { operation: operationOf(method, bucket, key, query, headers), bucket, key, query, path, rawQuery };
}

function operationOf(method: string, bucket: string, key: string, query: URLSearchParams, headers: IncomingHttpHeaders): string {
  if (bucket === "") return method === "GET" ? "ListBuckets" : "Unknown";
  const names = (key === "" ? BUCKET : OBJECT)[method] ?? {};
  const name = Object.entries(names).find(([parameter]) => parameter === "" || query.has(parameter))?.[1] ?? "Unknown";
  if (headers["x-amz-copy-source"] === undefined) return name;
  return { PutObject: "CopyObject", UploadPart: "UploadPartCopy" }[name] ?? name;
}

/** `bucket.localhost` and `bucket.s3.REGION.amazonaws.com` name a bucket; everything else is an endpoint. */
function virtualBucket(host: string): string | undefined {
  return /^(.+)\.(?:localhost|s3[.-][a-z0-9.-]*amazonaws\.com)(?::\d+)?$/.exec(host)?.[1];
}
