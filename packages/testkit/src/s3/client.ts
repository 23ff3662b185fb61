import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { canonicalRequest, encode, scopeOf, signatureOf, stringToSign } from "./sigv4.ts";
import type { S3Credentials, S3Site } from "./types.ts";

/** A request that is sent exactly so. */
export interface RawRequest {
  readonly method: string;
  readonly bucket?: string;
  readonly key?: string;
  /** Decoded. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Sent as `x-amz-content-sha256`. Default: the hash of the body. */
  readonly payload?: string;
  /** Added after signing, as somebody on the way would. */
  readonly unsigned?: Readonly<Record<string, string>>;
  /** Default: now. */
  readonly date?: Date;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The error's `Code`, or "". */
  readonly code: string;
}

/**
 * A signed request without any SDK: nothing is repeated, corrected or added. Path style.
 * @param credentials  undefined sends it unsigned
 */
export async function sendRaw(
  site: Pick<S3Site, "endpoint" | "region">,
  credentials: S3Credentials | undefined,
  { method, bucket, key, query = {}, headers = {}, body = "", payload, unsigned = {}, date = new Date() }: RawRequest,
): Promise<RawAnswer> {
  const path = `/${[bucket, key]
    .filter((part) => part !== undefined)
    .map((part) => part.split("/").map(encode).join("/"))
    .join("/")}`;
  const rawQuery = Object.entries(query)
    .map((pair) => pair.map(encode).join("="))
    .join("&");
  const url = new URL(site.endpoint);
  const bytes = Buffer.from(body);
  const time = date.toISOString().replace(/[:-]|\.\d+/g, "");
  const hash = payload ?? createHash("sha256").update(bytes).digest("hex");
  const own: Record<string, string> = { host: url.host, "x-amz-date": time, "x-amz-content-sha256": hash, ...headers };
  if (credentials !== undefined) own["authorization"] = authorize(site.region, credentials, method, path, rawQuery, own);
  if (bytes.length > 0 || method === "PUT" || method === "POST") own["content-length"] ??= String(bytes.length);

  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)({
    hostname: url.hostname,
    port: url.port,
    method,
    path: rawQuery === "" ? path : `${path}?${rawQuery}`,
    headers: { ...own, ...unsigned },
    agent: false,
  });
  return new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => {
        const received = Buffer.concat(chunks);
        const text = received.toString("utf8");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          bytes: received,
          text,
          code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? "",
        });
      });
    });
    request.end(bytes);
  });
}

function authorize(
  region: string,
  { accessKeyId, secretAccessKey }: S3Credentials,
  method: string,
  path: string,
  query: string,
  headers: Readonly<Record<string, string>>,
): string {
  const signedHeaders = Object.keys(headers).sort();
  const [time = "", payload = ""] = [headers["x-amz-date"], headers["x-amz-content-sha256"]];
  const day = time.slice(0, 8);
  const canonical = canonicalRequest({ method, path, query, headers, signedHeaders, payload });
  const signature = signatureOf(stringToSign(canonical, time, scopeOf(day, region)), secretAccessKey, day, region);
  const credential = `${accessKeyId}/${scopeOf(day, region)}`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
}
