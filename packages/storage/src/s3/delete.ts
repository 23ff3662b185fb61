import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { address, type Bucket } from "./bucket.ts";
import { isAbsent } from "./sender.ts";

/** Requests under way at once. */
const AT_ONCE = 8;

/**
 * Removes objects one by one: a denied DeleteObjects is an answer 200 with an error for each key at AWS and a 403 elsewhere, and
 * needs a checksum that older servers do not know. The first is removed alone, so that who may not remove fails before
 * anything is gone.
 * @throws storage.denied, which names s3:DeleteObject, …
 */
export async function deleteObjects(bucket: Bucket, names: readonly string[], signal?: AbortSignal): Promise<void> {
  const [first, ...rest] = names;
  if (first === undefined) return;
  await deleteObject(bucket, first, signal);
  const next = rest.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const name of next) {
      if (failed) return;
      try {
        await deleteObject(bucket, name, signal);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function deleteObject(bucket: Bucket, name: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await bucket.sender.send({
      operation: "delete",
      action: "s3:DeleteObject",
      name,
      signal,
      run: (client, options) => client.send(new DeleteObjectCommand(address(bucket, name)), options),
    });
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
