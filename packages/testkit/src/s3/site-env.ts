/** A server by environment variables, as tests and people are told of it. */
import { randomBytes } from "node:crypto";
import { type RawRequest, sendRaw } from "./client.ts";
import { appendOnlyPolicy } from "./policy.ts";
import type { S3Credentials, S3Site } from "./types.ts";

/** The variables that say where a server is. */
export type S3Env = Readonly<
  Record<
    | "S3_ENDPOINT"
    | "S3_REGION"
    | "S3_BUCKET"
    | "S3_FORCE_PATH_STYLE"
    | `S3_${"ADMIN" | "APPEND"}_${"ACCESS_KEY_ID" | "SECRET_ACCESS_KEY" | "PRINCIPAL"}`,
    string
  >
>;

/** Where a server is, without the means to make buckets. */
export type S3Address = Omit<S3Site, "makeBucket">;

/** For a gateway whose users have the names that `principals` has. */
export function s3Env(
  { endpoint, region, bucket, admin, append }: S3Address,
  principals: Readonly<Record<"admin" | "append", string>>,
): S3Env {
  return {
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_BUCKET: bucket,
    S3_FORCE_PATH_STYLE: "1",
    S3_ADMIN_ACCESS_KEY_ID: admin.accessKeyId,
    S3_ADMIN_SECRET_ACCESS_KEY: admin.secretAccessKey,
    S3_ADMIN_PRINCIPAL: principals.admin,
    S3_APPEND_ACCESS_KEY_ID: append.accessKeyId,
    S3_APPEND_SECRET_ACCESS_KEY: append.secretAccessKey,
    S3_APPEND_PRINCIPAL: principals.append,
  };
}

/** @throws Error that names a variable which is missing */
export function siteFromEnv(env: Readonly<Record<string, string | undefined>>): S3Site {
  const value = (name: keyof S3Env): string => {
    const found = env[name];
    if (found === undefined || found === "") throw new Error(`S3_ENDPOINT is set, and ${name} is not: see scripts/s3/README.md`);
    return found;
  };
  const address: S3Address = {
    endpoint: value("S3_ENDPOINT"),
    region: value("S3_REGION"),
    bucket: value("S3_BUCKET"),
    admin: { accessKeyId: value("S3_ADMIN_ACCESS_KEY_ID"), secretAccessKey: value("S3_ADMIN_SECRET_ACCESS_KEY") },
    append: { accessKeyId: value("S3_APPEND_ACCESS_KEY_ID"), secretAccessKey: value("S3_APPEND_SECRET_ACCESS_KEY") },
  };
  return {
    ...address,
    async makeBucket({ versioning = false } = {}) {
      const bucket = `doppel-${randomBytes(8).toString("hex")}`;
      await makeAppendOnlyBucket(address, bucket, value("S3_ADMIN_PRINCIPAL"), value("S3_APPEND_PRINCIPAL"));
      const enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
      if (versioning) await must(address, address.admin, { method: "PUT", bucket, query: { versioning: "" }, body: enabled });
      return bucket;
    },
  };
}

/** A bucket of the admin's under `appendOnlyPolicy`. */
export async function makeAppendOnlyBucket(site: S3Address, bucket: string, owner: string, writer: string): Promise<void> {
  await must(site, site.admin, { method: "PUT", bucket });
  await must(site, site.admin, { method: "PUT", bucket, query: { policy: "" }, body: appendOnlyPolicy(bucket, owner, writer) });
}

async function must(site: S3Address, credentials: S3Credentials, request: RawRequest): Promise<void> {
  const { status, text } = await sendRaw(site, credentials, request);
  if (status >= 300) throw new Error(`${request.method} of bucket ${request.bucket} answered ${status}: ${text}`);
}
