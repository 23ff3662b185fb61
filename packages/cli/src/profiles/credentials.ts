import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { type CredentialsFile, type Profile, readCredentials, readPrivate } from "@doppel/monitor";
import type { Environment } from "../locations.ts";

/** What the S3 driver is told about credentials; nothing of it ever stands in the environment, which child processes inherit. */
export type ProfileCredentials = CredentialsFile & { readonly profile?: string };

/**
 * The credentials of a profile; undefined: as for every AWS program. Of a service with `LoadCredential=` the file is the one
 * that systemd hands out under the same name, because the original may be out of its reach.
 * @throws profiles.bad
 */
export async function credentialsOf(
  { credentials }: Pick<Profile, "credentials">,
  { variables }: Pick<Environment, "variables">,
): Promise<ProfileCredentials | undefined> {
  if (credentials === undefined) return undefined;
  if (credentials.kind === "aws-profile") return { profile: credentials.name };
  const handedOut = variables["CREDENTIALS_DIRECTORY"];
  const loaded = handedOut ? join(handedOut, basename(credentials.path)) : undefined;
  const path = loaded !== undefined && existsSync(loaded) ? loaded : credentials.path;
  return readCredentials(path, readPrivate(process.geteuid?.()));
}
