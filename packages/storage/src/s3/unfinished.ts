import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type MultipartUpload } from "@aws-sdk/client-s3";
import type { UnfinishedObject } from "../storage.ts";
import type { Bucket } from "./bucket.ts";
import { nameOfKey } from "./list.ts";
import { isAbsent } from "./sender.ts";

const DAY_MS = 86_400_000;
/** More than any clock may be off for S3. */
const CLOCK_SLACK_MS = 15 * 60_000;
const TIDY_MS = 20_000;
/** Pages of uploads that are looked through at most: enough for years of crashes. */
const MAX_PAGES = 20;

/** Names that duplicity and doppel give (format spec 1.1), with any prefix of the user's in front. */
const OUR_NAME = /duplicity-(full|inc|new|full-signatures|new-signatures)\.[0-9TZ:+-]+\./;

/**
 * Aborts the uploads to exactly this object that were begun just now and whose ids got lost on the way; not `keep`.
 * Best effort: a left-over costs a little until the next backup a day later, or the bucket's lifecycle, removes it.
 */
export async function abortUnknown(bucket: Bucket, name: string, keep: string | undefined): Promise<void> {
  const key = bucket.prefix + name;
  const since = bucket.sender.place.now().getTime() - CLOCK_SLACK_MS;
  await abortWhere(
    bucket,
    key,
    ({ Key, UploadId, Initiated }) => Key === key && UploadId !== keep && (Initiated?.getTime() ?? 0) >= since,
    AbortSignal.timeout(TIDY_MS),
  ).catch(() => 0);
}

/**
 * Aborts what crashed backups have left below the prefix: uploads of more than a day ago, to names as we give them. Younger
 * ones may be under way somewhere. @returns how many
 */
export async function abortStale(bucket: Bucket, signal: AbortSignal): Promise<number> {
  const before = bucket.sender.place.now().getTime() - DAY_MS;
  const isStale = ({ Key, Initiated }: MultipartUpload): boolean => {
    const name = Key?.slice(bucket.prefix.length) ?? "";
    return !name.includes("/") && OUR_NAME.test(name) && Initiated !== undefined && Initiated.getTime() < before;
  };
  return abortWhere(bucket, bucket.prefix, isStale, signal);
}

async function abortWhere(
  bucket: Bucket,
  prefix: string,
  matches: (upload: MultipartUpload) => boolean,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for await (const upload of uploadsIn(bucket, prefix, signal)) {
    if (!matches(upload)) continue;
    await abortUpload(bucket, upload, signal);
    count++;
  }
  return count;
}

/** The uploads under way, or left, to names directly below the bucket's prefix that start with `prefix`. @throws storage.denied, … */
export async function* listUnfinished(bucket: Bucket, prefix: string, signal?: AbortSignal): AsyncGenerator<UnfinishedObject> {
  for await (const { Key, UploadId: id, Initiated: begun } of uploadsIn(bucket, bucket.prefix + prefix, signal)) {
    const name = nameOfKey(Key ?? "", bucket);
    if (name !== undefined && id !== undefined && begun !== undefined) yield { name, begun, id };
  }
}

/** Aborts these; one that has been completed or aborted meanwhile is no error. */
export async function abortUnfinished(bucket: Bucket, uploads: readonly UnfinishedObject[], signal?: AbortSignal): Promise<void> {
  for (const { name, id } of uploads) await abortUpload(bucket, { Key: bucket.prefix + name, UploadId: id }, signal);
}

/** Page by page; bounded, whatever the server says of further ones. */
async function* uploadsIn(bucket: Bucket, prefix: string, signal?: AbortSignal): AsyncGenerator<MultipartUpload> {
  let markers: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {};
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await bucket.sender.send({
      operation: "list the uploads in",
      action: "s3:ListBucketMultipartUploads",
      tries: 2,
      signal,
      run: (client, options) =>
        client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: prefix, ...markers }), options),
    });
    yield* page.Uploads ?? [];
    if (!page.IsTruncated || page.NextKeyMarker === undefined) return;
    markers = {
      KeyMarker: page.NextKeyMarker,
      ...(page.NextUploadIdMarker !== undefined && { UploadIdMarker: page.NextUploadIdMarker }),
    };
  }
}

async function abortUpload(bucket: Bucket, { Key, UploadId }: MultipartUpload, signal?: AbortSignal): Promise<void> {
  try {
    await bucket.sender.send({
      operation: "abort an old upload in",
      action: "s3:AbortMultipartUpload",
      tries: 2,
      signal,
      run: (client, options) => client.send(new AbortMultipartUploadCommand({ Bucket: bucket.name, Key, UploadId }), options),
    });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
