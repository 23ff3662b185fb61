import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Maker, markIn } from "@doppel/base";
import { removeTree } from "../drill/scratch.ts";

/** Folders and files that a run needs for its own length only, and what is in them is nobody else's. */
const OURS = /^(\.doppel-(?!restore-)|doppel-(?:doctor|drill)-)/;

/**
 * Removes from a folder for temporary files what runs that were killed have left there: restored plain text of a drill, metadata of a dry
 * run. Only what belongs to the user we are, of processes that have surely ended; in a folder that all may write to, what has our owner and
 * is closed to others (as they all are) was made by us.
 */
export async function removeTemporaries(tempDir: string, maker: Maker | undefined): Promise<void> {
  if (!maker) return;
  try {
    const user = Number(/^Uid:\t\d+\t(\d+)/m.exec(await readFile("/proc/self/status", "latin1"))![1]);
    for (const name of await readdir(tempDir)) {
      const mark = OURS.test(name) ? markIn(name) : undefined;
      if (mark === undefined) continue;
      const path = join(tempDir, name);
      const stats = await lstat(path).catch(() => undefined);
      if (!stats) continue; // another run was faster
      const isClosed = (stats.mode & 0o077) === 0 && stats.uid === user;
      if (isClosed && maker.isGone(mark, stats.ctime)) removeTree(path);
    }
  } catch {
    // Whatever is wrong with the folder, who needs it will be told.
  }
}
