import { type FileHandle, open } from "node:fs/promises";
import { type BytePath, errnoOf, pathToBytes } from "@doppel/base";

/** FUSE and CIFS cannot sync a directory; one that we may write to but not read cannot even be opened for it. */
const CANNOT_SYNC = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EBADF", "ENOSYS", "EISDIR", "EACCES", "EPERM"]);

/** Makes the names in a directory survive a power cut, where the file system is able to. */
export async function syncDirectory(directory: BytePath): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(pathToBytes(directory), "r");
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf(error) ?? "")) throw error;
  } finally {
    await handle?.close();
  }
}
