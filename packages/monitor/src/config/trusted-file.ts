import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DoppelError } from "@doppel/base";

/**
 * Reads files that only their owner (or root) can have written: a profiles file decides which programs run and where backups
 * go. The folder counts too, because who may write there may put another file in its place.
 * @param user  who runs this program; undefined where there is no such thing
 * @returns a function that throws profiles.bad, or the system's error
 */
export function readTrusted(user: number | undefined): (path: string) => Promise<Buffer> {
  return async (path) => {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      await checkOwn(path, file, user, 0o022);
      const folder = dirname(await realpath(path));
      const { mode, uid } = await stat(folder);
      const shared = (mode & 0o022) !== 0 && (mode & 0o1000) === 0;
      if (shared) throw untrusted(path, `others may put another in its place: chmod go-w ${folder}`);
      if (user !== undefined && uid !== user && uid !== 0) throw untrusted(path, `its folder ${folder} belongs to somebody else`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  };
}

/**
 * Reads files with something secret in them.
 * @param user  who runs this program
 * @returns a function that throws profiles.bad when others could read or have written it, or the system's error
 */
export function readPrivate(user: number | undefined): (path: string) => Promise<Buffer> {
  return async (path) => {
    const file = await open(path, constants.O_RDONLY);
    try {
      await checkOwn(path, file, user, 0o077);
      return await file.readFile();
    } finally {
      await file.close();
    }
  };
}

async function checkOwn(path: string, file: FileHandle, user: number | undefined, refused: number): Promise<void> {
  const stats = await file.stat();
  if (!stats.isFile() && !stats.isDirectory()) throw untrusted(path, "it is no file");
  const { mode, uid, gid } = stats;
  if (user !== undefined && uid !== user && uid !== 0)
    throw untrusted(path, "it belongs to somebody else: chown it, or use one of your own");
  // systemd hands credentials out as root's with an access list, whose mask shows as rights of root's group.
  const others = gid === 0 && uid === 0 ? mode & refused & ~0o040 : mode & refused;
  if (others === 0) return;
  throw untrusted(
    path,
    refused === 0o077
      ? `others than its owner may read it, and it holds a secret: chmod 600 ${path}`
      : `others than its owner may write to it: chmod go-w ${path}`,
  );
}

function untrusted(file: string, why: string): DoppelError<"profiles.bad"> {
  return new DoppelError("profiles.bad", `${file} is not used: ${why}`, { file });
}
