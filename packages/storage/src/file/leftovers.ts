import { constants } from "node:fs";
import { lstat, open, opendir, unlink } from "node:fs/promises";
import { type BytePath, type Maker, markIn, pathToBytes } from "@doppel/base";
import { objectPath } from "./location.ts";
import { RESERVED } from "./publish.ts";

/** A reservation is marked in the moment in which it is made: one without a mark for so long is of somebody who died in between. */
const MARKED_WITHIN_MS = 2000;

/**
 * Removes what processes that have surely ended left at the target: unfinished objects, and reservations of names, which would keep
 * everybody from storing them. Where that is not allowed (a directory with `chattr +a`, or one that cannot be listed) it stays, and is in nobody's way.
 */
export async function removeLeftovers(directory: BytePath, maker: Maker): Promise<void> {
  const unmarked = new Map<Buffer, number>();
  for (const name of await temporariesIn(directory).catch(() => [])) {
    const path = objectPath(directory, name);
    await quietly(async () => {
      const stats = await lstat(path);
      if (!stats.isFile()) return;
      if (name.endsWith(RESERVED) && stats.size === 0) unmarked.set(path, stats.ino);
      const mark = name.endsWith(RESERVED) ? await textOf(path, stats.size) : markIn(name);
      if (mark && maker.isGone(mark, stats.ctime)) await unlink(path);
    });
  }
  if (unmarked.size > 0) await new Promise((resolve) => setTimeout(resolve, MARKED_WITHIN_MS));
  for (const [path, ino] of unmarked) {
    await quietly(async () => {
      const stats = await lstat(path);
      if (stats.isFile() && stats.size === 0 && stats.ino === ino) await unlink(path);
    });
  }
}

async function temporariesIn(directory: BytePath): Promise<readonly string[]> {
  const names: string[] = [];
  // As bytes, for the reason that `listFiles` has.
  for await (const entry of await opendir(pathToBytes(directory), { encoding: "buffer" as BufferEncoding })) {
    const name = (entry.name as unknown as Buffer).toString("latin1");
    if (name.startsWith(".doppel-") && (name.endsWith(".partial") || name.endsWith(RESERVED))) names.push(name);
  }
  return names;
}

/** It is tidying up: what is gone by now is, and what is wrong with the directory the backup will meet and tell. */
async function quietly(work: () => Promise<void>): Promise<void> {
  await work().catch(() => undefined);
}

async function textOf(reservation: Buffer, size: number): Promise<string> {
  if (size > 255) return "";
  const file = await open(reservation, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await file.readFile("latin1");
  } finally {
    await file.close();
  }
}
