import { isUint8Array } from "node:util/types";
import {
  type BytePath,
  comparePaths,
  DoppelError,
  displayPath,
  isDoppelError,
  isWithin,
  type PathEntry,
  ROOT,
} from "@doppel/base";
import type { FedItem, FedSource } from "../feed/fed-source.ts";
import { contentOf, letGo } from "./made-content.ts";
import type { MadeEntries, MadeEntry } from "./made-entry.ts";
import { bytePath, innerPath, kindOf } from "./paths.ts";

const TYPES: readonly unknown[] = ["file", "dir", "symlink", "fifo", "chardev", "blockdev"];
const MODES = { file: 0o644, dir: 0o755, symlink: 0o777, fifo: 0o644, chardev: 0o600, blockdev: 0o600 } as const;
const MAX_ID = 2 ** 32 - 1;

/** In which order {@link MadeEntries} come; for `sort`. */
export function compareEntryPaths(a: Pick<MadeEntry, "path">, b: Pick<MadeEntry, "path">): number {
  return comparePaths(innerPath(a.path, "path"), innerPath(b.path, "path"));
}

/**
 * A program's entries as the engine takes them: checked, complete, with the folders on their way.
 * @param now of entries without a time @throws (on the way) source.bad-entry; source.missing when there is none
 */
export async function* fedEntries(entries: MadeEntries, now: Date): FedSource {
  let last: PathEntry | undefined;
  for await (const made of Array.isArray(entries) ? sorted(entries as readonly MadeEntry[]) : entries) {
    const item = fedItem(made, now);
    const { entry } = item;
    if (last) checkOrder(entry.path, last);
    for (const path of foldersOnTheWay(entry.path)) {
      if (last && isWithin(last.path, path)) continue; // it is there
      yield { entry: folder(path, entry.mtime), sized: true };
    }
    last = entry;
    yield item;
  }
  if (last) return;
  const message =
    "there are no entries; a generator that has been used before gives none. To back up an empty folder, give the root";
  throw new DoppelError("source.missing", message, { path: "" });
}

/** @throws source.bad-entry */
function sorted(entries: readonly MadeEntry[]): readonly MadeEntry[] {
  const paths = new Map(entries.map((entry) => [entry, pathOf(entry)]));
  return [...entries].sort((a, b) => comparePaths(paths.get(a)!, paths.get(b)!));
}

function checkOrder(path: BytePath, last: PathEntry): void {
  const order = comparePaths(path, last.path);
  if (order === 0) throw bad(path, "order", "comes twice");
  if (order < 0) {
    throw bad(
      path,
      "order",
      `comes after ${displayPath(last.path)}; entries come in the order of compareEntryPaths, or in an array`,
    );
  }
  if (last.type !== "dir" && isWithin(path, last.path))
    throw bad(path, "path", `lies in ${displayPath(last.path)}, which is no folder`);
}

/** The root, and every folder down to the one that `path` is in. */
function* foldersOnTheWay(path: BytePath): Generator<BytePath> {
  if (path === "") return;
  yield ROOT;
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) yield path.slice(0, slash) as BytePath;
}

function folder(path: BytePath, mtime: number): PathEntry {
  return { path, type: "dir", mode: MODES.dir, uid: 0, gid: 0, uname: "", gname: "", mtime, size: 0 };
}

function fedItem(made: MadeEntry, now: Date): FedItem {
  const path = pathOf(made);
  const type = typeOf(made, path);
  if (path === "" && type !== "dir") throw bad(path, "path", "is the root, and the root is a folder: give the file a name");
  const number = (name: "mode" | "uid" | "gid" | "size", otherwise: number, max: number): number => {
    const value: unknown = made[name] ?? otherwise;
    if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max) return value as number;
    throw bad(path, "value", `has a ${name} that is no whole number from 0 to ${max}`);
  };
  const name = (key: "uname" | "gname"): string => {
    const value: unknown = made[key] ?? "";
    if (typeof value === "string") return Buffer.from(value, "utf8").toString("latin1");
    throw bad(path, "value", `has a ${key} that is ${kindOf(value)}`);
  };
  const { content } = made;
  if (content !== undefined && type !== "file") throw bad(path, "type", `is a ${type}, and only files have a content`);
  const bytes = isUint8Array(content) ? content.length : undefined;
  if (bytes !== undefined && made.size !== undefined && bytes !== made.size)
    throw bad(path, "size", `has ${bytes} bytes of content, not ${made.size}`);
  const sized = type !== "file" || bytes !== undefined || made.size !== undefined || content === undefined;
  const entry: PathEntry = {
    path,
    type,
    mode: number("mode", MODES[type], 0o7777),
    uid: number("uid", 0, MAX_ID),
    gid: number("gid", 0, MAX_ID),
    uname: name("uname"),
    gname: name("gname"),
    mtime: mtimeOf(made.mtime ?? now, path),
    size: type === "file" ? (bytes ?? number("size", 0, Number.MAX_SAFE_INTEGER)) : 0,
    ...(type === "symlink" && { linkTarget: linkTargetOf(made, path) }),
    ...((type === "chardev" || type === "blockdev") && { device: deviceOf(made, path) }),
  };
  if (content === undefined) return { entry, sized };
  return { entry, sized, content: () => contentOf(content, (what) => bad(path, "content", what)), unused: () => letGo(content) };
}

function pathOf(made: MadeEntry): BytePath {
  if (typeof made !== "object" || made === null)
    throw bad(ROOT, "value", `: an entry is an object with a path, not ${kindOf(made)}`);
  try {
    return innerPath(made.path, "path");
  } catch (error) {
    if (!isDoppelError(error, "api.bad-argument")) throw error;
    throw new DoppelError("source.bad-entry", `an entry cannot be stored: ${error.message}`, { path: "", reason: "path" }, error);
  }
}

function typeOf({ type, content, linkTarget }: MadeEntry, path: BytePath): PathEntry["type"] {
  const known = type ?? (content !== undefined ? "file" : linkTarget !== undefined ? "symlink" : undefined);
  if (TYPES.includes(known)) return known!;
  throw bad(
    path,
    "type",
    known === undefined ? "has no type, no content and no link target" : `has a type that there is not: ${kindOf(known)}`,
  );
}

function mtimeOf(mtime: unknown, path: BytePath): number {
  if (mtime instanceof Date && mtime.getTime() >= 0) return Math.floor(mtime.getTime() / 1000);
  throw bad(path, "value", "has an mtime that is no date from 1970 on");
}

function linkTargetOf({ linkTarget }: MadeEntry, path: BytePath): BytePath {
  try {
    const target = bytePath(linkTarget, "linkTarget");
    if (target !== "") return target;
  } catch (error) {
    if (!isDoppelError(error, "api.bad-argument")) throw error;
  }
  throw bad(path, "value", "is a symbolic link without a target");
}

function deviceOf({ device }: MadeEntry, path: BytePath): { major: number; minor: number } {
  const { major, minor } = device ?? {};
  const isSound = [major, minor].every((half) => Number.isSafeInteger(half) && half! >= 0);
  if (isSound) return { major: major!, minor: minor! };
  throw bad(path, "value", "is a device without its two numbers");
}

function bad(path: BytePath, reason: "type" | "path" | "order" | "size" | "value" | "content", what: string): DoppelError {
  const shown = displayPath(path);
  return new DoppelError("source.bad-entry", `entry ${shown} ${what}`, { path: shown, reason });
}
