/** Signature Version 4 in the Authorization header, checked as S3 checks it. */
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { accessDenied, S3Error } from "./error.ts";
import type { S3Target } from "./operation.ts";
import { canonicalRequest, scopeOf, signatureOf, stringToSign } from "./sigv4.ts";

/** What a signature says and proves. */
export interface Signed {
  readonly accessKeyId: string;
  /** That the request was signed for. */
  readonly region: string;
  /** `x-amz-content-sha256`: a hash in hex, or one of the words that stand for none. */
  readonly payload: string;
}

interface Authorization {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** S3 takes requests this much older or younger than its clock. */
const MAX_SKEW_MS = 15 * 60_000;

const PAYLOAD = /^(?:[0-9a-f]{64}|UNSIGNED-PAYLOAD|STREAMING-UNSIGNED-PAYLOAD-TRAILER)$/;

/**
 * @param secretOf  the secret of an access key, or undefined when there is no such key
 * @param now  the server's clock
 * @throws S3Error 403 when it is unsigned, by nobody known, wrong, or of another time
 */
export function verifySignature(
  request: IncomingMessage,
  target: S3Target,
  secretOf: (accessKeyId: string) => string | undefined,
  now: Date,
): Signed {
  const authorization = parseAuthorization(request.headers.authorization);
  const secret = secretOf(authorization.accessKeyId);
  if (secret === undefined) {
    throw new S3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", {
      AWSAccessKeyId: authorization.accessKeyId,
    });
  }
  if (request.headers["x-amz-security-token"] !== undefined)
    throw new S3Error(400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
  const time = String(request.headers["x-amz-date"] ?? "");
  checkTime(time, authorization.day, now);
  checkSignedHeaders(request, authorization.signedHeaders);
  const payload = request.headers["x-amz-content-sha256"];
  if (typeof payload !== "string")
    throw new S3Error(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  if (payload.startsWith("STREAMING-AWS4-")) throw new S3Error(501, "NotImplemented", `${payload} is not implemented here.`);
  if (!PAYLOAD.test(payload)) {
    throw new S3Error(400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.", {
      ArgumentName: "x-amz-content-sha256",
      ArgumentValue: payload,
    });
  }

  const { method = "", headers } = request;
  const { signedHeaders, day, region } = authorization;
  const canonical = canonicalRequest({ method, path: target.path, query: target.rawQuery, headers, signedHeaders, payload });
  const toSign = stringToSign(canonical, time, scopeOf(day, region));
  if (!timingSafeEqual(Buffer.from(signatureOf(toSign, secret, day, region)), Buffer.from(authorization.signature))) {
    throw new S3Error(
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      { AWSAccessKeyId: authorization.accessKeyId, StringToSign: toSign, CanonicalRequest: canonical },
    );
  }
  return { accessKeyId: authorization.accessKeyId, region, payload };
}

/** The key that a request claims to be signed with, or "". For the record of requests. */
export function claimedAccessKey(authorization: string | undefined): string {
  return /Credential=([^/,\s]+)/.exec(authorization ?? "")?.[1] ?? "";
}

export function requestTimeTooSkewed(requestTime: string, now: Date): S3Error {
  return new S3Error(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", {
    RequestTime: requestTime,
    ServerTime: now.toISOString().replace(/\.\d+Z$/, "Z"),
    MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
  });
}

function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined) throw accessDenied("Access Denied");
  const match =
    /^AWS4-HMAC-SHA256 +Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (match === null) throw new S3Error(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.");
  const [, accessKeyId = "", day = "", region = "", headers = "", signature = ""] = match;
  return { accessKeyId, day, region, signedHeaders: headers.split(";"), signature };
}

function checkTime(time: string, day: string, now: Date): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  if (match === null) throw accessDenied("AWS authentication requires a valid Date or x-amz-date header");
  const [, year, month, date, hour, minute, second] = match.map(Number);
  const at = Date.UTC(year!, month! - 1, date, hour, minute, second);
  if (Math.abs(at - now.getTime()) > MAX_SKEW_MS) throw requestTimeTooSkewed(time, now);
  if (!time.startsWith(day))
    throw new S3Error(403, "SignatureDoesNotMatch", "Date in Credential scope does not match x-amz-date.");
}

/** What is not signed could be changed on the way: S3 insists on the host and on everything of its own. */
function checkSignedHeaders(request: IncomingMessage, signed: readonly string[]): void {
  const own = Object.keys(request.headers).filter(
    (name) => name === "host" || name === "content-md5" || name.startsWith("x-amz-"),
  );
  const missing = own.filter((name) => !signed.includes(name));
  if (missing.length === 0) return;
  throw new S3Error(403, "AccessDenied", "There were headers present in the request which were not signed", {
    HeadersNotSigned: missing.join(", "),
  });
}
