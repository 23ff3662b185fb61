/** `npm pack` of a folder, such that the archive is the same wherever and by whomever it is made. */
import { execFile } from "node:child_process";
import { chmod, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * Packs `folder`, whose modes are changed, into an archive in `work`.
 * @throws Error of npm
 */
export async function npmPack(folder: string, work: string): Promise<void> {
  await setModes(folder);
  // No network, no lifecycle scripts, and nothing of the person who packs.
  const options = ["--offline", "--ignore-scripts", "--cache", join(work, "cache"), "--pack-destination", work];
  await promisify(execFile)("npm", ["pack", "--silent", ...options, folder]);
}

/** As everybody's umask would have them who is not strict: npm packs the modes that it finds, and the package is to be the same everywhere. */
async function setModes(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
