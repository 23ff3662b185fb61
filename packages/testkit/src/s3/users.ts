/** Users of Ceph's gateway, made over its admin API: the admin of the tests' server may. */
import { randomBytes } from "node:crypto";
import { sendRaw } from "./client.ts";
import type { S3Credentials, S3Site } from "./types.ts";

/** Somebody with credentials, as a policy names him. */
export interface S3User {
  readonly credentials: S3Credentials;
  /** ARN. */
  readonly principal: string;
}

type Place = Pick<S3Site, "endpoint" | "region" | "admin">;

/** A user of a real server, who owns nothing and may do nothing. @throws Error when the server's admin may not make one */
export async function makeS3User(site: Place): Promise<S3User> {
  const name = `doppel-${randomBytes(6).toString("hex")}`;
  const credentials = {
    accessKeyId: randomBytes(10).toString("hex").toUpperCase(),
    secretAccessKey: randomBytes(20).toString("hex"),
  };
  const { status, text } = await sendRaw(site, site.admin, {
    method: "PUT",
    bucket: "admin",
    key: "user",
    query: {
      uid: name,
      "display-name": name,
      "access-key": credentials.accessKeyId,
      "secret-key": credentials.secretAccessKey,
      "max-buckets": "-1",
    },
  });
  if (status !== 200) throw new Error(`no user could be made (${status}; the admin needs the caps users=*): ${text}`);
  return { credentials, principal: arnOf(name) };
}

/** The ARN of whose credentials these are. */
export async function s3PrincipalOf(site: Place, { accessKeyId }: S3Credentials): Promise<string> {
  const query = { "access-key": accessKeyId };
  const { status, text } = await sendRaw(site, site.admin, { method: "GET", bucket: "admin", key: "user", query });
  if (status !== 200) throw new Error(`the user cannot be looked up (${status}): ${text}`);
  return arnOf((JSON.parse(text) as { readonly user_id: string }).user_id);
}

function arnOf(name: string): string {
  return `arn:aws:iam:::user/${name}`;
}
