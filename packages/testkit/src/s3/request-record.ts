/** Requests as tests look at them afterwards. */
import type { IncomingMessage } from "node:http";
import { targetOf } from "./operation.ts";
import { claimedAccessKey } from "./signature.ts";
import type { S3Request } from "./types.ts";

/** One that is still being filled in. */
export type OpenRequest = { -readonly [K in keyof S3Request]: S3Request[K] };

/** @param nameOf  who has this access key */
export function openRecord(request: IncomingMessage, nameOf: (accessKeyId: string) => string): OpenRequest {
  const { authorization, ...headers } = request.headers;
  const { method = "", url = "/" } = request;
  const target = targetOf(method, url, request.headers);
  return {
    method,
    path: target.path,
    query: target.rawQuery,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    operation: target.operation,
    bucket: target.bucket,
    key: target.key,
    user: nameOf(claimedAccessKey(authorization)),
    status: 0,
    bytes: 0,
  };
}
