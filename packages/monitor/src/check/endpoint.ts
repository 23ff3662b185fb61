import { dirname } from "node:path";
import { isUrl, redactUrl } from "@doppel/storage";
import type { Profile } from "../config/types.ts";

/** What several targets have in common, and fail with together: the server, or the folder that local targets lie in. */
export function endpointOf({ url, options }: Pick<Profile, "url" | "options">): string {
  if (!isUrl(url) || /^file:/i.test(url)) return dirname(url.replace(/^file:(?:\/\/)?/i, ""));
  const given = options["s3-endpoint-url"];
  if (typeof given === "string") return withoutSecrets(given);
  const host = /^[a-z0-9+.-]+:\/\/(?:[^/@]*@)?([^/]+)/i.exec(url)?.[1] ?? url;
  // The first part is a host or a bucket: only a host has a port, or a dot and more behind the bucket.
  return /:\d+$/.test(host) || /\.[a-z]/i.test(host) ? host : "S3 (default endpoint)";
}

function withoutSecrets(url: string): string {
  return redactUrl(url)
    .replace(/^[a-z]+:\/\/(?:[^/@]*@)?/i, "")
    .replace(/\/.*$/, "");
}
