/** The body of a request: received, unframed, and compared with every hash that came with it. */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, checksumHeader, checksumOf, isWellFormed } from "./checksums.ts";
import { invalidArgument, invalidRequest, S3Error } from "./error.ts";
import type { S3Quirks } from "./types.ts";

/** A body that is what its sender meant. */
export interface Body {
  readonly chunks: readonly Uint8Array[];
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  /** That the sender gave and that was right. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
}

const MAX_SIZE = 5 * 2 ** 30;
const TRAILER_PAYLOAD = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/** What the headers alone forbid; thrown before a byte is read, so that a client that waits for `100 Continue` sends none. */
export function checkBodyHeaders(request: IncomingMessage, quirks: S3Quirks): void {
  const { headers } = request;
  const chunked = headers["x-amz-content-sha256"] === TRAILER_PAYLOAD;
  if (chunked && quirks.refusesTrailers) throw missingLength();
  const own = Object.keys(headers).find((name) => name.startsWith("x-amz-checksum-") || name === "x-amz-sdk-checksum-algorithm");
  if (quirks.refusesChecksumHeaders && own !== undefined)
    throw invalidArgument(own, String(headers[own]), `Unsupported header '${own}' received for this API call.`);
  if (request.method !== "PUT" && request.method !== "POST") return;
  if (chunked) {
    if (headers["x-amz-decoded-content-length"] === undefined) throw missingLength();
    if (!/\baws-chunked\b/.test(headers["content-encoding"] ?? ""))
      throw invalidRequest("The content-encoding header must contain aws-chunked for a chunked upload");
  } else if (headers["content-length"] === undefined && request.method === "PUT") {
    throw missingLength();
  }
  if (Number(headers["x-amz-decoded-content-length"] ?? headers["content-length"] ?? 0) > MAX_SIZE)
    throw new S3Error(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
  if (!quirks.ignoresChecksums) statedChecksum(headers);
}

/**
 * @param payload  `x-amz-content-sha256`, which the signature covers
 * @param statesOwnChecksum  false for CompleteMultipartUpload, whose checksum header is the object's
 * @throws S3Error 400 when any hash is another than stated
 */
export async function readBody(
  headersSent: IncomingHttpHeaders,
  stream: AsyncIterable<Buffer>,
  payload: string,
  quirks: S3Quirks,
  statesOwnChecksum: boolean,
): Promise<Body> {
  const received: Buffer[] = [];
  for await (const chunk of stream) received.push(chunk);
  let chunks: readonly Uint8Array[] = received;
  let headers: Readonly<Record<string, string | string[] | undefined>> = headersSent;
  if (payload === TRAILER_PAYLOAD) {
    const { body, trailer } = unframe(Buffer.concat(received), String(headers["x-amz-trailer"] ?? ""));
    if (body.length !== Number(headers["x-amz-decoded-content-length"])) throw incompleteBody();
    chunks = [body];
    headers = { ...headers, ...trailer };
  } else if (/^[0-9a-f]{64}$/.test(payload) && digest("sha256", chunks, "hex") !== payload) {
    throw new S3Error(
      400,
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const md5 = digest("md5", chunks, "hex");
  const statedMd5 = headers["content-md5"];
  if (typeof statedMd5 === "string") {
    if (Buffer.from(statedMd5, "base64").length !== 16)
      throw new S3Error(400, "InvalidDigest", "The Content-MD5 you specified was invalid.");
    if (Buffer.from(statedMd5, "base64").toString("hex") !== md5) throw badDigest("Content-MD5");
  }
  const checksum = quirks.ignoresChecksums ? undefined : statedChecksum(headers);
  if (checksum !== undefined && statesOwnChecksum && checksumOf(checksum.algorithm, chunks) !== checksum.value)
    throw badDigest(checksum.algorithm);
  return { chunks, size: chunks.reduce((sum, { length }) => sum + length, 0), md5, checksum };
}

/** The one checksum that the headers (or a trailer) state. */
export function statedChecksum(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  const stated = CHECKSUM_ALGORITHMS.filter((algorithm) => headers[checksumHeader(algorithm)] !== undefined);
  const [algorithm] = stated;
  if (stated.length > 1)
    throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  if (algorithm === undefined) {
    if (headers["x-amz-sdk-checksum-algorithm"] !== undefined && headers["x-amz-trailer"] === undefined) {
      throw invalidRequest(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
      );
    }
    return undefined;
  }
  const value = String(headers[checksumHeader(algorithm)]);
  if (!/-\d+$/.test(value) && !isWellFormed(algorithm, value))
    throw invalidRequest(`Value for ${checksumHeader(algorithm)} header is invalid.`);
  return { algorithm, value };
}

export function badDigest(what: string): S3Error {
  return new S3Error(400, "BadDigest", `The ${what} you specified did not match the calculated checksum.`);
}

function missingLength(): S3Error {
  return new S3Error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
}

function incompleteBody(): S3Error {
  return new S3Error(400, "IncompleteBody", "The request body terminated unexpectedly");
}

/** aws-chunked: `SIZE\r\n BYTES \r\n` ..., `0\r\n`, the announced trailer, `\r\n`. */
function unframe(framed: Buffer, announced: string): { readonly body: Buffer; readonly trailer: Record<string, string> } {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = framed.indexOf("\r\n", at);
    const header = end < 0 ? "" : framed.toString("latin1", at, end);
    if (!/^[0-9a-fA-F]{1,8}$/.test(header)) throw incompleteBody();
    const size = Number.parseInt(header, 16);
    at = end + 2;
    if (size === 0) break;
    if (framed.toString("latin1", at + size, at + size + 2) !== "\r\n") throw incompleteBody();
    pieces.push(framed.subarray(at, at + size));
    at += size + 2;
  }
  const lines = framed
    .toString("latin1", at)
    .split(/\r?\n/)
    .filter((line) => line !== "");
  const trailer = Object.fromEntries(lines.map((line) => line.split(/: */, 2).map((part) => part.trim()) as [string, string]));
  if (announced !== "" && trailer[announced] === undefined)
    throw new S3Error(400, "MalformedTrailerError", "The request contained trailing data that was not well-formed.");
  return { body: Buffer.concat(pieces), trailer };
}

function digest(algorithm: string, chunks: readonly Uint8Array[], encoding: "hex"): string {
  const hash = createHash(algorithm);
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest(encoding);
}
