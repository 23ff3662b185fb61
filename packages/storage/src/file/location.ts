import { type BytePath, DoppelError, pathFromText, pathToBytes } from "@doppel/base";

/**
 * The absolute directory that a `file:` URL or a plain path names, without a trailing slash (cli spec 2.5).
 * URLs are percent-decoded byte by byte, so a directory that is not UTF-8 can be named; their query and fragment are
 * dropped. A plain path is taken literally. `cwd` is absolute.
 * @throws storage.bad-url
 */
export function directoryOf(url: string, cwd: string): BytePath {
  const [, rest] = /^file:(.*)$/is.exec(url) ?? [];
  const path = rest === undefined ? pathFromText(url) : decodePercent(pathOfUrl(url, rest));
  if (path === "") throw badUrl(url, "it names no directory");
  if (path.includes("\0")) throw badUrl(url, "it contains a NUL byte");
  return normalise(path.startsWith("/") ? path : `${pathFromText(cwd)}/${path}`);
}

function pathOfUrl(url: string, rest: string): string {
  const path = rest.replace(/[?#].*$/s, "");
  if (path.startsWith("//")) return path.slice(2);
  if (path.startsWith("/")) return path;
  throw badUrl(url, "a slash must follow the scheme");
}

/** `%XX` is one byte; a `%` without two digits is itself. */
function decodePercent(text: string): BytePath {
  return pathFromText(text).replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  ) as BytePath;
}

/**
 * Single slashes, no `.`; stock reads `file:////x` as relative, we as /x. `..` is left to the kernel, which alone knows
 * where a symlink leads.
 */
function normalise(path: string): BytePath {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}` as BytePath;
}

function badUrl(url: string, reason: string): DoppelError {
  return new DoppelError(
    "storage.bad-url",
    `cannot use ${JSON.stringify(url)} as a target: ${reason}; write file:///absolute/directory, file://relative/directory or a plain path`,
    { url, reason },
  );
}

/** The path of the object `name` (text, UTF-8 on disk) in a directory, for system calls. */
export function objectPath(directory: BytePath, name: string): Buffer {
  return pathToBytes(`${directory === "/" ? "" : directory}/${pathFromText(name)}` as BytePath);
}
