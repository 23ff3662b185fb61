import { DoppelError, displayText } from "@doppel/base";
import type { S3Options } from "./options.ts";

export const S3_SCHEMES = ["s3", "s3+http", "boto3+s3", "boto+s3"] as const;

/** Where a URL points. */
export interface S3Location {
  readonly bucket: string;
  /** Empty, or path components each followed by a slash. */
  readonly prefix: string;
  /** Of a server that the URL itself names. */
  readonly endpoint?: string;
  /** That a regional host of AWS names. */
  readonly region?: string;
  /** How the URL was read, for people. */
  readonly reading: string;
}

/** What a URL says, or the two things it may say: then it takes a look at whether there is such a bucket. */
export type S3Reading =
  | { readonly kind: "clear"; readonly location: S3Location }
  | { readonly kind: "ambiguous"; readonly asBucket: S3Location; readonly asHost: S3Location };

/**
 * Reads an S3 URL by the rule of cli spec 11.1. What stands before an `@` is dropped: it was a user name, or worse, a key.
 * The path is percent-decoded, as stock does: `a%20b` is where its backups of `a b` lie.
 * @throws storage.bad-url
 */
export function parseS3Url(url: string, options: Pick<S3Options, "endpoint" | "addressing" | "unencrypted">): S3Reading {
  const [, host = "", rest = ""] = /^([^/]*)(.*)$/s.exec(withoutUser(afterScheme(url))) ?? [];
  const path = decodePercent(rest)
    .split("/")
    .filter((component) => component !== "");
  const bucketOf = (name: string | undefined): string => {
    if (name === undefined) throw badUrl(url, "no bucket is named");
    if (!isBucketName(name)) throw badUrl(url, "is no valid name of a bucket", name);
    return name;
  };
  const at = (bucket: string | undefined, rest: readonly string[], more: Omit<S3Location, "bucket" | "prefix">): S3Location => ({
    bucket: bucketOf(bucket),
    prefix: rest.map((component) => `${component}/`).join(""),
    ...more,
  });
  const clear = (location: S3Location): S3Reading => ({ kind: "clear", location });
  const asBucket = (why: string): S3Location => at(host, path, { reading: `"${host}" is the bucket (${why})` });
  const asHost = (why: string): S3Location => {
    const endpoint = `${options.unencrypted ? "http" : "https"}://${host}`;
    if (!isHost(host)) throw badUrl(url, "is no valid host", host);
    return at(path[0], path.slice(1), { endpoint, reading: `"${host}" is the server, "${path[0] ?? ""}" the bucket (${why})` });
  };

  if (host === "") return clear(at(path[0], path.slice(1), { reading: `"${path[0] ?? ""}" is the bucket (no host in the URL)` }));
  if (options.addressing === "bucket") return clear(asBucket("as asked for"));
  if (options.addressing === "host") return clear(awsLocation(host, path, at) ?? asHost("as asked for"));
  if (options.endpoint !== undefined) return clear(asBucket("an endpoint is given"));
  const aws = awsLocation(host, path, at);
  if (aws) return clear(aws);
  if (/\.amazonaws\.com(\.cn)?$/i.test(host)) return clear(asHost("a host of AWS"));
  if (/:\d*$|^\[/.test(host)) return clear(asHost("it has a port"));
  if (!host.includes(".") || path.length === 0)
    return clear(asBucket(path.length === 0 ? "nothing follows it" : "it has no dot"));
  if (!isBucketName(path[0] ?? "")) return clear(asBucket("what follows is no bucket's name"));
  if (!isBucketName(host)) return clear(asHost("it is no bucket's name"));
  return {
    kind: "ambiguous",
    asBucket: asBucket("there is such a bucket"),
    asHost: asHost("it has a dot, and no such bucket is seen"),
  };
}

/** What AWS allows or once allowed; other servers are as strict or stricter. */
function isBucketName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(name) && !name.includes("..");
}

/** `name` is what the reason is about; it is shown unless it may be, or hold, a key. */
function badUrl(url: string, reason: string, name?: string): DoppelError {
  const rest = withoutUser(afterScheme(url));
  // Nothing that fails is trusted to be no key: all up to the last `@`, or after a colon that begins no port.
  const mayHoldKey = /@|%40/i.test(rest) || /^\/*[^/:[]+:(?!\d*(\/|$))/.test(rest);
  const shown = displayText(`${url.slice(0, url.length - afterScheme(url).length)}${mayHoldKey ? "***" : rest}`);
  const why = name === undefined ? reason : `${mayHoldKey ? "what it names" : `"${displayText(name)}"`} ${reason}`;
  return new DoppelError("storage.bad-url", `cannot use ${shown} as a target: ${why}; write s3://BUCKET/PREFIX`, {
    url: shown,
    reason: why,
  });
}

function afterScheme(url: string): string {
  return url.slice(url.indexOf("://") + 3);
}

/**
 * An S3 URL's part after `://` without user name and key. A user name reaches up to the `@`; a secret key may hold slashes, so
 * what looks like `user:secret` reaches up to the last `@`. `host:port` looks like that, too: it counts as one if what follows
 * it can be a bucket.
 */
export function withoutUser(rest: string): string {
  const [, slashes = "", first = "", second = ""] = /^(\/*)([^/]*)(?:\/+([^/]*))?/.exec(rest) ?? [];
  if (first.includes("@")) return slashes + rest.slice(slashes.length + first.lastIndexOf("@") + 1);
  const [, user, port] = /^([^:[]+):(.*)$/.exec(first) ?? [];
  if (user === undefined || port === undefined || !rest.includes("@")) return rest;
  const isHost = slashes === "" && isPort(port) && !second.includes("@") && !/^[A-Z0-9]{16,}$/.test(user);
  return isHost ? rest : slashes + rest.slice(rest.lastIndexOf("@") + 1);
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) > 0 && Number(text) < 65_536;
}

/** `%XX` are bytes of UTF-8; a `%` without two digits is itself. */
function decodePercent(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"));
}

/**
 * The endpoints that AWS has or had for S3: `s3.amazonaws.com`, `s3-REGION`, `s3.REGION`, and each with a bucket in front.
 * They stand for the region; the SDK knows today's host of it.
 */
const AWS_HOST = /^(?:(.+)\.)?s3(?:[.-](?:external-1|([a-z]{2}(?:-[a-z]+)+-\d)))?\.amazonaws\.com(?:\.cn)?$/i;

function awsLocation(
  host: string,
  path: readonly string[],
  at: (bucket: string | undefined, rest: readonly string[], more: Omit<S3Location, "bucket" | "prefix">) => S3Location,
): S3Location | undefined {
  const match = AWS_HOST.exec(host);
  if (match === null) return undefined;
  const [, inHost, region] = match;
  const [bucket, rest] = inHost === undefined ? [path[0], path.slice(1)] : [inHost, path];
  const where = region === undefined ? {} : { region: region.toLowerCase() };
  return at(bucket, rest, { ...where, reading: `"${host}" is a host of AWS, "${bucket ?? ""}" the bucket` });
}

function isHost(text: string): boolean {
  return /^(\[[0-9a-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)(:\d{1,5})?$/i.test(text);
}
