import { lstatSync, readdirSync, rmSync } from "node:fs";
import { type BytePath, joinPath, type Maker, markIn, pathToBytes } from "@doppel/base";

/** How the names of files begin that are not finished yet. */
export const TEMPORARY = ".doppel-restore-";

/** Removes what killed restores have left in a directory: files that never got their names. Those of restores under way stay. */
export function removeLeftovers(directory: BytePath, maker: Maker): void {
  try {
    for (const name of readdirSync(pathToBytes(directory), "latin1")) {
      const mark = name.startsWith(TEMPORARY) ? markIn(name) : undefined;
      if (mark === undefined) continue;
      const path = pathToBytes(joinPath(directory, name as BytePath));
      const there = lstatSync(path, { throwIfNoEntry: false });
      if (there !== undefined && maker.isGone(mark, there.ctime)) rmSync(path, { force: true }); // a directory it never is
    }
  } catch {
    // Who may not, or cannot: they are in nobody's way.
  }
}
