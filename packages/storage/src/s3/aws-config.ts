import { S3Client } from "@aws-sdk/client-s3";
import { state as sdkNotices } from "@aws-sdk/core/client";
import type { Variables } from "./proxy.ts";

// The SDK would tell on standard error that it will want Node 22 one day: the flag is its own, and nothing else reads it.
sdkNotices.warningEmitted = true;

/** The region that the environment or the profile (by default $AWS_PROFILE) in the shared configuration names, if any. */
export async function configuredRegion(env: Variables, profile?: string): Promise<string | undefined> {
  return env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || (await ask(profile, (client) => client.config.region()));
}

/** The server that the environment or the profile names, unless all such are to be ignored. */
export async function configuredEndpoint(env: Variables, profile?: string): Promise<string | undefined> {
  if (/^true$/i.test(env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ?? "")) return undefined;
  const inEnvironment = env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"];
  return inEnvironment || (await ask(profile, async (client) => client.config.serviceConfiguredEndpoint?.()));
}

/** What the SDK finds in the shared configuration; what it cannot read is not there. */
async function ask(
  profile: string | undefined,
  question: (client: S3Client) => Promise<string | undefined>,
): Promise<string | undefined> {
  const client = new S3Client({ ...(profile !== undefined && { profile }) });
  try {
    return await question(client);
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
