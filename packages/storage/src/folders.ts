import { readdir } from "node:fs/promises";
import { type BytePath, DoppelError, pathToBytes } from "@doppel/base";
import { fileError } from "./file/errors.ts";
import { directoryOf } from "./file/location.ts";
import type { DriverContext } from "./storage.ts";
import { isS3Url, redactUrl, schemeOf } from "./url.ts";

/**
 * The names of the folders directly below a place, in no particular order: where servers keep their backups side by side, one for
 * each. Names that are hidden or not UTF-8 are passed over.
 * @throws storage.bad-url, storage.unknown-scheme, storage.denied, storage.not-found, storage.unavailable, storage.credentials
 */
export async function listFolders(url: string, context: DriverContext, signal?: AbortSignal): Promise<readonly string[]> {
  if (isS3Url(url)) return (await import("./s3/folders.ts")).s3Folders(url, context, signal);
  if (schemeOf(url) !== "file") {
    throw new DoppelError(
      "storage.unknown-scheme",
      `${redactUrl(url)} cannot be searched for servers: name a folder or an S3 prefix`,
      {
        scheme: schemeOf(url),
      },
    );
  }
  const directory: BytePath = directoryOf(url, context.cwd);
  try {
    const entries = await readdir(pathToBytes(directory), { withFileTypes: true, encoding: "utf8" });
    return entries.filter((entry) => entry.isDirectory() && isName(entry.name)).map(({ name }) => name);
  } catch (error) {
    throw fileError(error, "list", directory);
  }
}

function isName(name: string): boolean {
  return name !== "" && !name.startsWith(".") && !name.includes("\ufffd");
}
