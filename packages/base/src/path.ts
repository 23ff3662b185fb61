/**
 * A path or name as the kernel has it: one char per byte (latin1), `/` between names, "" is the root of a backup.
 * Never decoded except by {@link displayPath}.
 */
export type BytePath = string & { readonly BytePath: unique symbol };

/** The root of a tree. */
export const ROOT = "" as BytePath;

/** Raw bytes as a path. */
export function pathFromBytes(bytes: Uint8Array): BytePath {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1") as BytePath;
}

/** The exact bytes of a path, for system calls and the wire. */
export function pathToBytes(path: BytePath): Buffer {
  return Buffer.from(path, "latin1");
}

/** A path that a program has as text (a literal, an option): its UTF-8 bytes. */
export function pathFromText(text: string): BytePath {
  return Buffer.from(text, "utf8").toString("latin1") as BytePath;
}

/** `parent/name`; `name` when the parent is the root. */
export function joinPath(parent: BytePath, name: BytePath): BytePath {
  return (parent === "" ? name : parent === "/" ? `/${name}` : `${parent}/${name}`) as BytePath;
}

const SLASH = 0x2f;

/**
 * The one order of everything (format spec 3.8): component by component as unsigned bytes, a prefix before its
 * extensions. So `a/b` sorts before `a-b`, because the component `a` is less than `a-b`.
 */
export function comparePaths(a: BytePath, b: BytePath): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (x === SLASH) return -1; // a's component ended here, b's goes on
    if (y === SLASH) return 1;
    return x - y;
  }
  return a.length - b.length;
}

/** Whether `path` is `ancestor` or lies below it. */
export function isWithin(path: BytePath, ancestor: BytePath): boolean {
  return ancestor === "" || path === ancestor || (path.startsWith(ancestor) && path.charCodeAt(ancestor.length) === SLASH);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * For a person's eyes only: UTF-8 where valid, otherwise `\xHH` for each byte above 0x7f; control characters always as
 * `\xHH` (so a hostile name cannot drive a terminal) . The root is `.`.
 */
export function displayPath(path: BytePath): string {
  if (path === "") return ".";
  let text: string;
  try {
    text = utf8.decode(pathToBytes(path));
  } catch {
    text = path.replace(/[\u0080-\u00ff]/g, hex);
  }
  return displayText(text);
}

/** Text from outside (a user id, another program's message), for a person's eyes only: its control characters as `\xHH`. */
export function displayText(text: string): string {
  // C1 controls are characters of their own in UTF-8 and drive some terminals, as do the bidirectional overrides.
  return text.replace(CONTROLS, hex);
}

// eslint-disable-next-line no-control-regex -- control characters are what it is about
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function hex(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
