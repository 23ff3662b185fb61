import { HeadObjectCommand, type HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { Buffers } from "./buffers.ts";
import type { Checksums } from "./checksums.ts";
import type { S3Options } from "./options.ts";
import type { Protection } from "./protection.ts";
import { isAbsent, type Sender } from "./sender.ts";
import type { Slots } from "./slots.ts";

/** An open bucket: what all steps of the driver share. */
export interface Bucket {
  readonly name: string;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  readonly options: S3Options;
  readonly sender: Sender;
  readonly checksums: Checksums;
  readonly protection: Protection;
  readonly buffers: Buffers;
  /** For requests with a body. */
  readonly slots: Slots;
  readonly random: { bytes(n: number): Uint8Array };
}

/** Bucket and key of an object, as all requests about one have them. */
export function address(bucket: Bucket, name: string): { readonly Bucket: string; readonly Key: string } {
  return { Bucket: bucket.name, Key: bucket.prefix + name };
}

/** What the server tells about an object, or undefined when there is none. */
export async function head(bucket: Bucket, name: string, signal?: AbortSignal): Promise<HeadObjectCommandOutput | undefined> {
  try {
    const found = await bucket.sender.send({
      operation: "look up",
      action: "s3:GetObject",
      name,
      signal,
      run: (client, options) => client.send(new HeadObjectCommand(address(bucket, name)), options),
    });
    bucket.protection.sawVersion(found.VersionId);
    return found;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
