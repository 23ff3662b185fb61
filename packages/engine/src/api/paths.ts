import { type BytePath, DoppelError, displayText, pathFromBytes, pathToBytes } from "@doppel/base";

/**
 * A path in a program's hands. Paths in a backup are bytes: as a string a path is their UTF-8 text, and a byte that is not part of
 * any stands for itself as a lone surrogate, U+DC80 to U+DCFF (as in Python, PEP 383). So every path there can be has exactly one string,
 * and every string that the library gives out can be given back. `""` is the root of a backup; there is no slash at either end.
 */
export type PathLike = string | Uint8Array;

/** A byte on its own, or a whole character (RFC 3629, section 4). */
const CHARACTERS =
  /[\x00-\x7f]+|(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+|[\x80-\xff]/g; // eslint-disable-line no-control-regex -- bytes are what it is about
const HALF = /\p{Surrogate}/u;
const LONE = /[\udc80-\udcff]/gu;

/** The string of a path that is given as bytes. */
export function pathText(bytes: Uint8Array): string {
  return textOfPath(pathFromBytes(bytes));
}

/** The bytes of a path that is given as a string. @throws api.bad-argument for a string that no path has */
export function pathBytes(text: string): Uint8Array {
  return pathToBytes(bytePath(text, "path"));
}

/** The string of a path that the engine gives. */
export function textOfPath(path: BytePath): string {
  if (!/[\x80-\xff]/.test(path)) return path;
  return path.replace(CHARACTERS, (run) => {
    if (run.length > 1) return Buffer.from(run, "latin1").toString("utf8");
    const code = run.charCodeAt(0);
    return code < 0x80 ? run : String.fromCharCode(0xdc00 + code);
  });
}

/** A path as the engine takes it. @throws api.bad-argument naming `argument` */
export function bytePath(path: unknown, argument: string): BytePath {
  if (path instanceof Uint8Array) return withoutNul(pathFromBytes(path), argument);
  if (typeof path !== "string") throw badArgument(argument, `a path is a string or a Uint8Array, not ${kindOf(path)}`);
  let text = "";
  let from = 0;
  for (const { index, 0: lone } of path.matchAll(LONE)) {
    text += utf8(path.slice(from, index), argument) + String.fromCharCode(lone.charCodeAt(0) - 0xdc00);
    from = index + 1;
  }
  return withoutNul((text + utf8(path.slice(from), argument)) as BytePath, argument);
}

/** As {@link bytePath}, for a path within a backup: relative, and no way around. @throws api.bad-argument */
export function innerPath(path: unknown, argument: string): BytePath {
  const inner = bytePath(path, argument);
  if (inner === "" || inner === ".") return "" as BytePath;
  const trimmed = inner.endsWith("/") ? inner.slice(0, -1) : inner;
  const bad = trimmed.split("/").some((name) => name === "" || name === "." || name === "..");
  if (!bad) return trimmed as BytePath;
  throw badArgument(argument, `${shown(path)} is no path within a backup: those are relative, without "." and ".."`);
}

export function badArgument(argument: string, what: string): DoppelError<"api.bad-argument"> {
  return new DoppelError("api.bad-argument", `${argument}: ${what}`, { argument });
}

/** For messages about a value that is of the wrong kind. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value !== "object") return `a ${typeof value}`;
  return value instanceof Date ? "an invalid date" : `a ${value.constructor?.name ?? "object"}`;
}

function shown(path: unknown): string {
  return typeof path === "string" ? `"${displayText(path)}"` : "this";
}

function utf8(text: string, argument: string): string {
  if (!HALF.test(text)) return Buffer.from(text, "utf8").toString("latin1");
  throw badArgument(argument, "this string has half of a surrogate pair, which stands for no byte");
}

function withoutNul(path: BytePath, argument: string): BytePath {
  if (!path.includes("\0")) return path;
  throw badArgument(argument, "a path cannot contain NUL");
}
