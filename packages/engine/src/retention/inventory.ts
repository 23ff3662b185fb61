import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DoppelError, errnoOf, isDoppelError, type Runtime } from "@doppel/base";
import { buildCollection, type Collection, type NamePrefixes, type ObjectName, parseName, type SetId } from "@doppel/format";
import type { Storage, StoredObject, UnfinishedObject } from "@doppel/storage";

/** What the planners know: names, sizes and ages, but no contents. */
export interface Inventory {
  readonly collection: Collection;
  /** Every object at the target, by name. */
  readonly objects: ReadonlyMap<string, Pick<StoredObject, "size" | "modified">>;
  /** The files of the archive directory. */
  readonly archive: readonly LocalFile[];
  readonly prefixes: NamePrefixes;
}

export interface LocalFile {
  readonly name: string;
  readonly modified: Date;
}

/** Lists the target and its archive directory; a missing archive directory is an empty one. No object is read. */
export async function readInventory(
  storage: Storage,
  archiveDir: string,
  prefixes: NamePrefixes,
  signal: AbortSignal,
): Promise<Inventory> {
  const objects = new Map<string, StoredObject>();
  for await (const object of storage.list(prefixes.all, signal)) objects.set(object.name, object);
  const archive = await listArchive(archiveDir, signal);
  return { collection: buildCollection(objects.keys(), prefixes), objects, archive, prefixes };
}

/**
 * The uploads that were begun at the target and not finished. Who may not see them can clean up all the same: a notice says
 * what is missing.
 */
export async function readUnfinished(
  storage: Storage,
  prefixes: NamePrefixes,
  { signal, emit }: Pick<Runtime, "signal" | "emit">,
): Promise<readonly UnfinishedObject[]> {
  const found: UnfinishedObject[] = [];
  try {
    for await (const upload of storage.unfinished?.(prefixes.all, signal) ?? []) found.push(upload);
    return found;
  } catch (error) {
    if (!isDoppelError(error, "storage.denied") && !isDoppelError(error, "storage.refused")) throw error;
    const detail = `unfinished uploads are not looked for: ${error.message}`;
    emit({ type: "notice", reason: "foreign-set", incomplete: false, detail });
    return [];
  }
}

async function listArchive(path: string, signal: AbortSignal): Promise<readonly LocalFile[]> {
  const files: LocalFile[] = [];
  try {
    for (const name of (await unlessAbsent(readdir(path))) ?? []) {
      signal.throwIfAborted();
      const stats = await unlessAbsent(lstat(join(path, name))); // another run may have removed it by now
      if (stats?.isFile()) files.push({ name, modified: stats.mtime });
    }
    return files;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    const message = `archive directory ${path} cannot be listed (${errnoOf(error)}); choose another with --archive-dir`;
    throw new DoppelError("archive-dir.unusable", message, { path }, error);
  }
}

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Equal for the objects of one set, and for them only. */
export function setKey({ kind, start, end }: SetId): string {
  return `${kind} ${start.getTime()} ${end.getTime()}`;
}

/**
 * All names by the set that they say they are of: also those that the set itself does not hold, because another name has
 * their place, or because they are unfinished (`.part`). Of a set that goes, all must go: what stayed would be a set.
 */
export function namesBySet(names: Iterable<string>, prefixes: NamePrefixes): ReadonlyMap<string, readonly ObjectName[]> {
  const sets = new Map<string, ObjectName[]>();
  for (const name of names) {
    const object = parseName(name, prefixes);
    if (object === undefined) continue;
    const key = setKey(object.set);
    const objects = sets.get(key);
    if (objects === undefined) sets.set(key, [object]);
    else objects.push(object);
  }
  return sets;
}
