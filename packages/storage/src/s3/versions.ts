import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from "@aws-sdk/client-s3";
import type { StoredObject } from "../storage.ts";
import type { Bucket } from "./bucket.ts";
import { archivedBy, decodeKey, nameOfKey } from "./list.ts";

/** An object as it was at some time. */
export interface OldObject extends StoredObject {
  readonly versionId: string;
}

/** One version or delete marker. */
interface Version {
  readonly key: string;
  readonly time: number;
  readonly id: string;
  readonly object?: Omit<OldObject, "name">;
}

/**
 * The objects directly below the bucket's prefix, whose names start with `prefix`, as they were at `time`: of each the newest
 * version that is not younger, unless it had been deleted by then. Times are whole seconds; of several versions in one second
 * the last counts, and a version counts more than a deletion. A page and one key's versions are in memory at a time.
 * `seen` is told the id of each version, of whatever age: a bucket that has never kept versions has "null" ones only.
 */
export async function* listVersions(
  bucket: Bucket,
  prefix: string,
  time: Date,
  signal?: AbortSignal,
  seen?: (id: string) => void,
): AsyncGenerator<OldObject> {
  let best: Version | undefined;
  for await (const version of versions(bucket, prefix, signal)) {
    seen?.(version.id);
    if (best !== undefined && version.key !== best.key) {
      yield* named(bucket, best);
      best = undefined;
    }
    if (version.time > time.getTime()) continue;
    if (best === undefined || version.time > best.time || (version.time === best.time && !best.object)) best = version;
  }
  if (best !== undefined) yield* named(bucket, best);
}

/** The object as it was at that time, or undefined when there was none. */
export async function versionAt(bucket: Bucket, name: string, time: Date, signal?: AbortSignal): Promise<OldObject | undefined> {
  for await (const object of listVersions(bucket, name, time, signal)) {
    if (object.name === name) return object;
    if (Buffer.compare(Buffer.from(object.name), Buffer.from(name)) > 0) return undefined; // keys come in the order of their bytes
  }
  return undefined;
}

function* named(bucket: Bucket, { key, object }: Version): Generator<OldObject> {
  const name = nameOfKey(key, bucket);
  if (object !== undefined && name !== undefined) yield { ...object, name };
}

/** Where a page begins. */
interface Markers {
  readonly KeyMarker?: string;
  readonly VersionIdMarker?: string;
}

/** Versions and delete markers, those of one key together, versions of one second newest first. */
async function* versions(bucket: Bucket, prefix: string, signal?: AbortSignal): AsyncGenerator<Version> {
  let markers: Markers | undefined = {};
  while (markers !== undefined) {
    signal?.throwIfAborted();
    const from: Markers = markers;
    const page: ListObjectVersionsCommandOutput = await bucket.sender.send({
      operation: "list the versions in",
      action: "s3:ListBucketVersions",
      signal,
      run: (client, options) =>
        client.send(
          new ListObjectVersionsCommand({
            Bucket: bucket.name,
            Prefix: bucket.prefix + prefix,
            Delimiter: "/",
            EncodingType: "url",
            ...from,
          }),
          options,
        ),
    });
    const isEncoded = page.EncodingType === "url";
    const found: Version[] = [
      ...(page.Versions ?? []).map(({ Key, Size, LastModified, StorageClass, VersionId }) => ({
        key: decodeKey(Key ?? "", isEncoded),
        time: LastModified?.getTime() ?? 0,
        id: VersionId ?? "null",
        object: {
          size: Size ?? 0,
          versionId: VersionId ?? "null",
          ...(LastModified && { modified: LastModified }),
          ...archivedBy(StorageClass),
        },
      })),
      ...(page.DeleteMarkers ?? []).map(({ Key, LastModified, VersionId }) => ({
        key: decodeKey(Key ?? "", isEncoded),
        time: LastModified?.getTime() ?? 0,
        id: VersionId ?? "null",
      })),
    ];
    // The SDK gives the two apart; a stable sort brings each key's together again.
    yield* found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    const { NextKeyMarker, NextVersionIdMarker } = page;
    markers =
      page.IsTruncated && NextKeyMarker !== undefined
        ? { KeyMarker: decodeKey(NextKeyMarker, isEncoded), ...(NextVersionIdMarker && { VersionIdMarker: NextVersionIdMarker }) }
        : undefined;
  }
}
