import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type BytePath, DoppelError, displayPath, pathFromText, pathToBytes } from "@doppel/base";
import { archiveDirFor } from "@doppel/engine/internal";
import type { Settings } from "./options.ts";

/** The process's environment, without passphrases. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** Whether we may give files to others. */
  readonly isRoot: boolean;
}

/** Absolute path of this target's archive directory (cli spec 9). */
export function archiveDirOf(url: BytePath, settings: Settings, { variables, cwd }: Environment): string {
  const cache = variables["XDG_CACHE_HOME"] || join(homeOf(variables), ".cache");
  const given = settings["archive-dir"];
  const base = given === undefined ? join(cache, "duplicity") : localPath(given);
  return archiveDirFor(resolve(cwd, base), urlText(url), settings.name);
}

/**
 * Absolute path for temporary files. A folder that was asked for must be usable; of the environment's, the first that is.
 * @throws temp.unusable
 */
export function tempDirOf(settings: Settings, { variables, cwd }: Environment): string {
  const given = settings.tempdir;
  if (given !== undefined) {
    const path = resolve(cwd, localPath(given));
    if (isUsableFolder(path)) return path;
    throw new DoppelError(
      "temp.unusable",
      `--tempdir ${displayPath(given)} is not a folder that can be written to; name another`,
      { path },
    );
  }
  const candidates = [variables["TMPDIR"], variables["TEMP"], variables["TMP"], "/tmp"];
  const found = candidates.find((path) => path !== undefined && path !== "" && isUsableFolder(resolve(cwd, path)));
  if (found !== undefined) return resolve(cwd, found);
  throw new DoppelError("temp.unusable", "no folder for temporary files: /tmp cannot be written to; name one with --tempdir", {
    path: "/tmp",
  });
}

function isUsableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Absolute path of gpg's directory. @param asked `--homedir` among the options for gpg */
export function gnupgHomeOf({ variables, cwd }: Environment, asked?: string): string {
  return resolve(cwd, asked || variables["GNUPGHOME"] || join(homeOf(variables), ".gnupg"));
}

/**
 * The folder of a local target, absolute; undefined when it is none, or when its URL would have to be decoded, which is
 * the storage's business: the recipe then works in the current directory.
 */
export function folderOf(url: BytePath, { cwd }: Environment): BytePath | undefined {
  const path = url.replace(/^file:(?:\/\/|(?=\/))/i, ""); // `file:/abs` is one too
  if (path.includes("://") || (path !== url && /[%?#]/.test(path))) return undefined;
  return (path.startsWith("/") ? path : `${pathFromText(cwd)}/${path}`) as BytePath;
}

/** A target as text. A plain path that is not UTF-8 becomes the URL that names its bytes. */
export function urlText(url: BytePath): string {
  const text = pathToBytes(url).toString("utf8");
  if (!text.includes("\ufffd") || text.startsWith("file:")) return text;
  return `file://${encodeBytes(url)}`;
}

/** For Node's path functions, which know no bytes; only folders that doppel itself makes or uses go this way. */
export function localPath(path: BytePath): string {
  return pathToBytes(path).toString("utf8");
}

function encodeBytes(path: BytePath): string {
  return path.replace(/[^A-Za-z0-9/._~-]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function homeOf(variables: Environment["variables"]): string {
  return variables["HOME"] || homedir();
}
