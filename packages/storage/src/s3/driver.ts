import type { DriverContext, Storage, StorageDriver } from "../storage.ts";
import { parseS3Url, S3_SCHEMES } from "./url.ts";

/** S3 and what speaks its protocol (cli spec 11). The SDK is loaded when a target is opened: it costs a fifth of a second. */
export const s3Driver: StorageDriver = {
  schemes: S3_SCHEMES,
  async open(url: string, context: DriverContext): Promise<Storage> {
    const { s3 = {}, env = {} } = context;
    const [{ openBucket }, { configuredEndpoint }] = await Promise.all([import("./open.ts"), import("./aws-config.ts")]);
    const endpoint = s3.endpoint ?? (await configuredEndpoint(env, s3.profile));
    const options = { ...s3, ...(endpoint !== undefined && { endpoint }) };
    const reading = parseS3Url(url, options);
    return openBucket(reading, { ...context, s3: options });
  },
};
