import { ListObjectsV2Command, type _Object } from "@aws-sdk/client-s3";
import type { Archived, StoredObject } from "../storage.ts";
import type { Bucket } from "./bucket.ts";

/** Objects in these classes cannot be read before they are restored; GLACIER_IR can. */
const ARCHIVED: ReadonlySet<string> = new Set(["GLACIER", "DEEP_ARCHIVE"]);

/**
 * The objects directly below the bucket's prefix whose names start with `prefix`, a page of 1,000 at a time. The delimiter
 * keeps what lies in folders below from being sent at all.
 */
export async function* listObjects(bucket: Bucket, prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
  let token: string | undefined;
  do {
    signal?.throwIfAborted();
    const page = await bucket.sender.send({
      operation: "list",
      action: "s3:ListBucket",
      signal,
      run: (client, options) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: bucket.name,
            Prefix: bucket.prefix + prefix,
            Delimiter: "/",
            EncodingType: "url", // a key may hold characters that XML cannot
            ...(token !== undefined && { ContinuationToken: token }),
          }),
          options,
        ),
    });
    for (const object of page.Contents ?? []) {
      const stored = storedObject(bucket, object, page.EncodingType === "url");
      if (stored) yield stored;
    }
    // A page that says there is more and not where would be asked for again for ever.
    const next = page.IsTruncated ? page.NextContinuationToken : undefined;
    token = next === token ? undefined : next;
  } while (token !== undefined);
}

/** The name that a key stands for, or undefined when it is none of ours: in a folder, hidden, or the prefix itself. */
export function nameOfKey(key: string, { prefix }: Pick<Bucket, "prefix">): string | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const name = key.slice(prefix.length);
  return name === "" || name.startsWith(".") || name.includes("/") || name.includes("\0") ? undefined : name;
}

/** What the class of an object means for reading it. */
export function archivedBy(storageClass: string | undefined): { readonly archived?: Archived } {
  return storageClass !== undefined && ARCHIVED.has(storageClass) ? { archived: { class: storageClass } } : {};
}

/** The key as it is; servers that were asked to encode keys do so as in a query. */
export function decodeKey(key: string, isEncoded: boolean): string {
  if (!isEncoded) return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key; // not UTF-8, so never ours
  }
}

function storedObject(
  bucket: Bucket,
  { Key, Size, LastModified, StorageClass }: _Object,
  isEncoded: boolean,
): StoredObject | undefined {
  const name = nameOfKey(decodeKey(Key ?? "", isEncoded), bucket);
  if (name === undefined) return undefined;
  return { name, size: Size ?? 0, ...(LastModified && { modified: LastModified }), ...archivedBy(StorageClass) };
}
