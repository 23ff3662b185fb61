import type { DriverContext, Storage, StorageDriver } from "../storage.ts";
import { parseS3Url, S3_SCHEMES } from "./url.ts";

/** S3 and what speaks its protocol (cli spec 11). The SDK is loaded when a target is opened: it costs a fifth of a second. */
export const s3Driver: StorageDriver = {
  schemes: S3_SCHEMES,
  async open(url: string, context: DriverContext): Promise<Storage> {
    const { s3 = {}, env = {} } = context;
    const endpoint = s3.endpoint ?? (env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"]);
    const options = { ...s3, ...(endpoint && { endpoint }) };
    const reading = parseS3Url(url, options);
    const { openBucket } = await import("./open.ts");
    return openBucket(reading, { ...context, s3: options });
  },
};
