import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DoppelError, errnoOf } from "@doppel/base";

/** A file's JSON; `problem` says why there is none although there is a file. */
export async function readJson(path: string): Promise<{ readonly value?: unknown; readonly problem?: string }> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    return errnoOf(error) === "ENOENT" ? {} : { problem: `cannot read ${path}: ${errnoOf(error)}` };
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { problem: `${path} is damaged` };
  }
}

/** Only its owner may read it. @throws temp.unusable */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, JSON.stringify(value), 0o600);
}

/**
 * Writes a file so that it is either the old one or the new one, whatever happens; its folder is made if need be. Two writers at
 * once are the caller's business.
 * @throws temp.unusable
 */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(draft, { force: true }); // what a crash left may have another mode
    const file = await open(draft, "wx", mode);
    try {
      await file.chmod(mode); // whatever the umask
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
    const folder = await open(dirname(path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const message = `cannot write ${path} (${errno}): give the monitor a folder that it may write to (monitor.state)`;
    throw new DoppelError("temp.unusable", message, { path }, error);
  }
}
