import type { CreateMultipartUploadCommandInput, PutObjectCommandInput } from "@aws-sdk/client-s3";
import type { S3Options } from "./options.ts";

type WriteParams = Pick<
  PutObjectCommandInput & CreateMultipartUploadCommandInput,
  "StorageClass" | "ServerSideEncryption" | "SSEKMSKeyId" | "GrantFullControl"
>;

/** Classes that take hours to read from, or charge for reading early. */
const ARCHIVES: ReadonlySet<string> = new Set(["GLACIER", "GLACIER_IR", "DEEP_ARCHIVE"]);

/**
 * Volumes carry this in their names (format spec 1); manifests, signatures and indexes do not. Archives are for volumes only:
 * without the others at hand nobody could tell which volumes to thaw (cli spec 11.2).
 */
const VOLUME = /\.difftar(\.|$)|\.vol\d+\./;

/** How an object of this name is to be stored. */
export function writeParams(name: string, { storageClass, encryption, grantFullControl }: S3Options): WriteParams {
  const hot = storageClass === undefined || (ARCHIVES.has(storageClass) && !VOLUME.test(name));
  return {
    ...(!hot && storageClass !== "STANDARD" && { StorageClass: storageClass }),
    ...(encryption !== undefined && { ServerSideEncryption: encryption.kind }),
    ...(encryption?.kind === "aws:kms" && { SSEKMSKeyId: encryption.keyId }),
    ...(grantFullControl !== undefined && { GrantFullControl: grantFullControl }),
  };
}
