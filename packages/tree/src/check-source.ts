import { closeSync, constants, lstatSync, openSync, opendirSync } from "node:fs";
import { type BytePath, DoppelError, displayPath, errnoOf, pathToBytes } from "@doppel/base";

/**
 * Whether there is something to back up, before anything is made: the source exists, and when it is a directory or a file
 * it can be read. @throws source.missing, source.unreadable
 */
export function checkSource(source: BytePath): void {
  const path = pathToBytes(source);
  const shown = displayPath(source);
  try {
    const stat = lstatSync(path);
    if (stat.isDirectory()) opendirSync(path as unknown as string).closeSync();
    else if (stat.isFile()) closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    else if (stat.isSocket()) {
      const message = `source ${shown} is a socket, which no backup keeps; nothing was backed up. Name a folder or a file`;
      throw new DoppelError("source.unreadable", message, { path: shown });
    }
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") {
      const message = `source ${shown} does not exist; nothing was backed up. Check the path, or whether its disk is mounted`;
      throw new DoppelError("source.missing", message, { path: shown }, error);
    }
    const message = `source ${shown} cannot be read (${errno ?? String(error)}); nothing was backed up. Run as a user that may read it`;
    throw new DoppelError("source.unreadable", message, { path: shown }, error);
  }
}
