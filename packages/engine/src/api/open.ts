import { hostname, tmpdir } from "node:os";
import { resolve } from "node:path";
import type { RunEvent } from "@doppel/base";
import { NO_PREFIXES, type NamePrefixes } from "@doppel/format";
import { isS3Url, openStorage, redactUrl, type Storage, withRetry } from "@doppel/storage";
import { removeTemporaries } from "../cache/leftovers.ts";
import { processMaker } from "../cache/maker.ts";
import { checkOptions } from "./check-arguments.ts";
import { jobEvent } from "./events.ts";
import type { TargetOptions } from "./options.ts";
import { badArgument, kindOf } from "./paths.ts";
import { Place } from "./place.ts";
import { PrivateArchive } from "./private-archive.ts";
import { SYSTEM, surroundings } from "./runtime.ts";
import { Target } from "./target.ts";

const OPTIONS = ["archiveDir", "tempDir", "keys", "verifier", "filePrefix", "s3", "onEvent"];

/**
 * Opens a place for backups. A folder that is not there is made when a backup is stored.
 * @param where a URL (`file:///mnt/backup`, `s3://bucket/prefix` ...), a path, or a storage of the program's own, which is closed with the target
 * @throws api.bad-argument, storage.bad-url, storage.unknown-scheme, storage.denied, storage.unavailable
 */
export async function openTarget(where: string | Storage, options: TargetOptions = {}): Promise<Target> {
  checkOptions(options, OPTIONS);
  const { archiveDir, tempDir = tmpdir(), filePrefix = "", s3, onEvent } = options;
  for (const [name, value] of Object.entries({ archiveDir: archiveDir ?? "-", tempDir, filePrefix })) {
    if (typeof value !== "string") throw badArgument(`options.${name}`, `a string, not ${kindOf(value)}`);
  }
  const maker = processMaker(hostname());
  const names = { random: SYSTEM.random, ...(maker && { maker }) };
  const temporary = resolve(tempDir);
  await removeTemporaries(temporary, maker);
  const emit = (event: RunEvent): void => onEvent?.(jobEvent(event));
  const own = typeof where === "string" ? undefined : checkedStorage(where);
  const place = new Place(own?.label ?? redactUrl(where as string), async (purpose) => {
    const context = { ...surroundings(), purpose, ...names, clock: SYSTEM.clock, emit, ...(s3 && { s3 }) };
    const storage = own ?? (await openStorage(where as string, context));
    const tries = typeof where === "string" && isS3Url(where) ? { tries: 1 } : {}; // S3's driver counts by itself
    const sleep = (ms: number, signal = NEVER): Promise<void> => SYSTEM.clock.sleep(ms, signal);
    return withRetry(storage, { ...tries, random: SYSTEM.random, emit, sleep });
  });
  await place.probe();
  const prefixes: NamePrefixes = { ...NO_PREFIXES, all: filePrefix };
  const archive = archiveDir === undefined ? new PrivateArchive(temporary, names) : resolve(archiveDir);
  return new Target({ place, prefixes, tempDir: temporary, archive, options });
}

const NEVER = new AbortController().signal;
const METHODS = ["list", "stat", "get", "put", "delete"] as const;

function checkedStorage(storage: Storage): Storage {
  const given: unknown = storage;
  if (typeof given !== "object" || given === null) throw badArgument("where", `a URL, a path or a Storage, not ${kindOf(given)}`);
  for (const method of METHODS) {
    if (typeof storage[method] !== "function") throw badArgument("where", `this storage has no method ${method}`);
  }
  if (typeof storage.label !== "string") throw badArgument("where", "this storage has no label");
  if (typeof storage[Symbol.asyncDispose] !== "function")
    throw badArgument("where", "this storage cannot be disposed of: it has no [Symbol.asyncDispose]");
  return storage;
}
