import type { DriverContext, Storage, StorageDriver } from "../storage.ts";
import { parseS3Url, S3_SCHEMES, type S3Reading } from "./url.ts";

/** S3 and what speaks its protocol (cli spec 11). The SDK is loaded when a target is opened: it costs a fifth of a second. */
export const s3Driver: StorageDriver = {
  schemes: S3_SCHEMES,
  async open(url: string, context: DriverContext): Promise<Storage> {
    const [{ openBucket }, { reading, configured }] = await Promise.all([import("./open.ts"), readingOf(url, context)]);
    return openBucket(reading, configured);
  },
};

/**
 * What a URL says, given the server that options, environment or a profile name; and the context with that server.
 * @throws storage.bad-url
 */
export async function readingOf(
  url: string,
  context: DriverContext,
): Promise<{ readonly reading: S3Reading; readonly configured: DriverContext }> {
  const { s3 = {}, env = {} } = context;
  const { configuredEndpoint } = await import("./aws-config.ts");
  const endpoint = s3.endpoint ?? (await configuredEndpoint(env, s3.profile));
  const options = { ...s3, ...(endpoint !== undefined && { endpoint }) };
  return { reading: parseS3Url(url, options), configured: { ...context, s3: options } };
}
