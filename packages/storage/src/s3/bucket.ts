import { HeadObjectCommand, type HeadObjectCommandOutput, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { isDoppelError } from "@doppel/base";
import type { Buffers } from "./buffers.ts";
import type { Checksums } from "./checksums.ts";
import type { S3Options } from "./options.ts";
import type { Protection } from "./protection.ts";
import { decodeKey } from "./list.ts";
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
    if (isDoppelError(error, "storage.denied") && (await isNotListed(bucket, name, signal))) return undefined;
    throw error;
  }
}

/**
 * Whether a listing shows that there is no such object. An object that is not there is denied to whoever may not list; Ceph's gateway
 * before 2026 (ceph/ceph#68577) does not take note, for that, of a permission that is limited to a prefix.
 */
export async function isNotListed(bucket: Bucket, name: string, signal?: AbortSignal): Promise<boolean> {
  const { Bucket, Key } = address(bucket, name);
  try {
    const page = await bucket.sender.send({
      operation: "list",
      action: "s3:ListBucket",
      signal,
      run: (client, options) =>
        client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1, EncodingType: "url" }), options),
    });
    // The name itself comes before all that only begin so.
    return decodeKey(page.Contents?.[0]?.Key ?? "", page.EncodingType === "url") !== Key;
  } catch (error) {
    if (isDoppelError(error, "storage.denied")) return false;
    throw error;
  }
}
