/** The arithmetic of Signature Version 4, which signing and verifying share. */
import { createHash, createHmac } from "node:crypto";

export interface Signable {
  readonly method: string;
  /** As sent, encoded. */
  readonly path: string;
  /** As sent, without the question mark. */
  readonly query: string;
  /** Lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Names of headers, sorted. */
  readonly signedHeaders: readonly string[];
  /** `x-amz-content-sha256` */
  readonly payload: string;
}

/** `DAY/REGION/s3/aws4_request` */
export function scopeOf(day: string, region: string): string {
  return `${day}/${region}/s3/aws4_request`;
}

/** @param time  `x-amz-date`, YYYYMMDDTHHMMSSZ */
export function stringToSign(canonical: string, time: string, scope: string): string {
  return `AWS4-HMAC-SHA256\n${time}\n${scope}\n${createHash("sha256").update(canonical).digest("hex")}`;
}

/** In hex. */
export function signatureOf(toSign: string, secret: string, day: string, region: string): string {
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, day), region), "s3"), "aws4_request");
  return hmac(key, toSign).toString("hex");
}

/** The request in the one form in which it is signed: whatever was encoded, encoded again in S3's way. */
export function canonicalRequest({ method, path, query, headers, signedHeaders, payload }: Signable): string {
  const segments = path.split("/").map((part) => encode(decodeURIComponent(part)));
  const pairs = query.split("&").filter((pair) => pair !== "");
  const parameters = pairs.map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value.join("=")))] as const;
  });
  parameters.sort(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
  const lines = signedHeaders.map((name) => `${name}:${trimAll(String(headers[name] ?? ""))}\n`);
  const parts = [
    method,
    segments.join("/"),
    parameters.map((pair) => pair.join("=")).join("&"),
    lines.join(""),
    signedHeaders.join(";"),
    payload,
  ];
  return parts.join("\n");
}

/** RFC 3986, as S3 wants it: everything but the unreserved characters. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function trimAll(value: string): string {
  return value.trim().replace(/ +/g, " ");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
