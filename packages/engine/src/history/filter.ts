import { type BytePath, comparePaths, DoppelError, displayPath, isWithin } from "@doppel/base";
import { compileGlob, textOf } from "@doppel/tree";

/** Which paths a query is about. */
export interface PathFilter {
  wants(path: BytePath, isDirectory: boolean): boolean;
  /** Whether neither `path` nor anything that sorts behind it can be wanted. */
  isPast(path: BytePath): boolean;
  /** Nothing is wanted that is neither here nor below; undefined when that cannot be told. */
  readonly below?: BytePath;
}

export const everything: PathFilter = { wants: () => true, isPast: () => false };

/** A path and all below it; everything when undefined. */
export function subtree(wanted: BytePath | undefined): PathFilter {
  if (wanted === undefined || wanted === "") return everything;
  return {
    below: wanted,
    wants: (path) => isWithin(path, wanted),
    isPast: (path) => comparePaths(path, wanted) > 0 && !isWithin(path, wanted),
  };
}

/**
 * What `find` is asked for: a path as it is (and all below it), or a glob pattern as in file selection (command-line
 * spec 6.3), matched from the root of the backup: `*.conf` is in the root, `**.conf` anywhere. A leading slash is the root.
 * @throws rules.malformed
 */
export function matching(pattern: BytePath): PathFilter {
  const plain = plainPath(pattern);
  const exact = subtree(plain);
  if (!/[*?[]|^ignorecase:/i.test(pattern)) return exact;
  const glob = compile(pattern);
  // The root has no slash in front: `/*` is what is in it.
  const textAt = (path: BytePath): string => textOf((path === "" ? path : `/${path}`) as BytePath);
  return {
    // A name may hold a star or bracket: it is found as it is, too.
    wants: (path, isDirectory) => exact.wants(path, isDirectory) || glob.answer(textAt(path), isDirectory) === "match",
    isPast: () => false,
  };
}

function plainPath(pattern: BytePath): BytePath {
  const path = pattern.replace(/^(?:\.?\/+)+/, "").replace(/\/+$/, "");
  return (path === "." ? "" : path) as BytePath;
}

function compile(pattern: BytePath): ReturnType<typeof compileGlob> {
  const [, ignoreCase, body] = /^(ignorecase:)?(.*)$/is.exec(pattern)!;
  const anchored = /^(?:\/|\*\*)/.test(body!) ? body! : `/${body!}`;
  try {
    return compileGlob(textOf(`${ignoreCase ?? ""}${anchored}` as BytePath));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const shown = displayPath(pattern);
    const message = `the pattern ${shown} is malformed: ${error.message}`;
    throw new DoppelError("rules.malformed", message, { pattern: shown, reason: error.message }, error);
  }
}
