import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path/posix";
import { type BytePath, displayPath, DoppelError, errnoOf, pathToBytes } from "@doppel/base";
import type { DriverContext, Storage, StorageDriver } from "../storage.ts";
import { redactUrl } from "../url.ts";
import { fileError } from "./errors.ts";
import { directoryOf } from "./location.ts";
import { removeLeftovers } from "./leftovers.ts";
import { FileStorage } from "./storage.ts";
import { syncDirectory } from "./sync.ts";

/** Local directories: `file:` URLs in all forms of cli spec 2.5, and plain paths. Only writing creates the directory. */
export const fileDriver: StorageDriver = {
  schemes: ["file"],
  async open(url: string, context: DriverContext): Promise<Storage> {
    const directory = directoryOf(url, context.cwd);
    try {
      await requireDirectory(directory, context.purpose);
    } catch (error) {
      throw fileError(error, "open", directory);
    }
    const { random, maker } = context;
    if (context.purpose === "write" && maker) await removeLeftovers(directory, maker);
    return new FileStorage({ label: redactUrl(url), directory, random, ...(maker && { maker }) });
  },
};

async function requireDirectory(directory: BytePath, purpose: DriverContext["purpose"]): Promise<void> {
  try {
    const stats = await stat(pathToBytes(directory));
    if (!stats.isDirectory()) throw notADirectory(directory);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" || purpose === "read") throw error;
    await createDirectory(directory);
  }
}

/** With its missing parents, each made durable in the one above; one that somebody else makes meanwhile will do. */
async function createDirectory(directory: BytePath): Promise<void> {
  const parent = dirname(directory) as BytePath;
  try {
    await mkdir(pathToBytes(directory));
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return;
    // A parent that is there and yet takes no directory (as in /proc) would be asked for ever.
    if (errnoOf(error) !== "ENOENT" || parent === directory || (await isThere(parent))) throw error;
    await createDirectory(parent);
    await mkdir(pathToBytes(directory));
  }
  await syncDirectory(parent);
}

async function isThere(directory: BytePath): Promise<boolean> {
  return stat(pathToBytes(directory)).then(
    () => true,
    () => false,
  );
}

function notADirectory(directory: BytePath): DoppelError {
  const url = displayPath(directory);
  return new DoppelError("storage.bad-url", `cannot use ${url} as a target: it is not a directory; name a directory`, {
    url,
    reason: "not a directory",
  });
}
