import { constants } from "node:fs";
import { lstat, open, opendir, unlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
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
  try {
    for await (const { name } of await opendir(pathToBytes(directory))) {
      if (!name.startsWith(".doppel-")) continue;
      const path = objectPath(directory, name);
      const stats = await lstat(path);
      if (name.endsWith(RESERVED) && stats.size === 0) unmarked.set(path, stats.ino);
      const mark = name.endsWith(".partial") ? markIn(name) : name.endsWith(RESERVED) && stats.size < 256 ? await textOf(path) : "";
      if (mark && stats.isFile() && maker.isGone(mark, stats.ctime)) await unlink(path);
    }
    if (unmarked.size > 0) await sleep(MARKED_WITHIN_MS);
    for (const [path, ino] of unmarked) {
      const stats = await lstat(path);
      if (stats.isFile() && stats.size === 0 && stats.ino === ino) await unlink(path);
    }
  } catch {
    // It is tidying up: what is wrong with the directory, the backup will meet and tell.
  }
}

async function textOf(reservation: Buffer): Promise<string> {
  const file = await open(reservation, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await file.readFile("latin1");
  } finally {
    await file.close();
  }
}
