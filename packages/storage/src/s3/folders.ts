import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { DriverContext } from "../storage.ts";
import { readingOf } from "./driver.ts";
import { decodeKey } from "./list.ts";
import { reach } from "./reach.ts";

/** What lies directly below a prefix and has something below itself, a page of 1,000 at a time. @throws as `listFolders` */
export async function s3Folders(url: string, context: DriverContext, signal?: AbortSignal): Promise<readonly string[]> {
  const { reading, configured } = await readingOf(url, context);
  const { location, connection, sender } = await reach(reading, configured);
  try {
    const { bucket, prefix } = location;
    const names: string[] = [];
    let token: string | undefined;
    do {
      signal?.throwIfAborted();
      const page = await sender.send({
        operation: "list",
        action: "s3:ListBucket",
        signal,
        run: (client, options) =>
          client.send(
            new ListObjectsV2Command({
              Bucket: bucket,
              Prefix: prefix,
              Delimiter: "/",
              EncodingType: "url",
              ...(token !== undefined && { ContinuationToken: token }),
            }),
            options,
          ),
      });
      for (const { Prefix = "" } of page.CommonPrefixes ?? []) {
        const name = decodeKey(Prefix, page.EncodingType === "url")
          .slice(prefix.length)
          .replace(/\/$/, "");
        if (name !== "" && !name.startsWith(".")) names.push(name);
      }
      const next = page.IsTruncated ? page.NextContinuationToken : undefined;
      token = next === token ? undefined : next; // see listObjects
    } while (token !== undefined);
    return names;
  } finally {
    connection.client.destroy();
  }
}
