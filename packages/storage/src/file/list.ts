import { opendir, stat } from "node:fs/promises";
import { type BytePath, errnoOf, pathToBytes } from "@doppel/base";
import type { StoredObject } from "../storage.ts";
import { objectPath } from "./location.ts";

/** Entries looked up at once: enough to keep the thread pool busy, few enough to cost nothing. */
const BATCH = 32;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The regular files of a directory (or symlinks to such) whose names start with `prefix`. Left out: names with a dot in
 * front (temporary ones among them), names that are not UTF-8 (never ours), and what vanishes while we look.
 */
export async function* listFiles(directory: BytePath, prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
  signal?.throwIfAborted();
  let names: string[] = [];
  // As bytes: with a Buffer for a path, Node joins names of file systems without d_type only when they are Buffers, too.
  for await (const entry of await opendir(pathToBytes(directory), { encoding: "buffer" as BufferEncoding, bufferSize: BATCH })) {
    signal?.throwIfAborted();
    const name = decodeName(entry.name as unknown as Buffer);
    if (name === undefined || name.startsWith(".") || !name.startsWith(prefix)) continue;
    names.push(name);
    if (names.length < BATCH) continue;
    yield* await lookUpAll(directory, names);
    names = [];
  }
  yield* await lookUpAll(directory, names);
}

/** The object of that name, or undefined when there is no such regular file. */
export async function lookUp(directory: BytePath, name: string): Promise<StoredObject | undefined> {
  try {
    const stats = await stat(objectPath(directory, name));
    return stats.isFile() ? { name, size: stats.size, modified: stats.mtime } : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function lookUpAll(directory: BytePath, names: readonly string[]): Promise<StoredObject[]> {
  const found = await Promise.all(names.map((name) => lookUp(directory, name)));
  return found.filter((object) => object !== undefined);
}

function decodeName(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
