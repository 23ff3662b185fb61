import { type BytePath, ROOT } from "@doppel/base";

/** A path as a manifest writes it (spec 2.2): bare, or in double quotes with nine byte values as `\xHH`; the root is `.`. */
export function quotePath(path: BytePath): string {
  if (path === ROOT) return ".";
  // Explicit values: `\s` would also take 0xa0, which stays raw.
  if (!/[ \t\n\v\f\r\\"']/.test(path)) return path;
  return `"${path.replace(/[ \t\n\v\f\r\\"']/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

/** The path of a quoted or bare text, or undefined when the quoting is broken. */
export function unquotePath(text: string): BytePath | undefined {
  if (!text.startsWith('"')) return (text === "." ? ROOT : text) as BytePath;
  if (text.length < 2 || !text.endsWith('"')) return undefined;
  const inner = text.slice(1, -1);
  if (/\\(?!x[0-9a-fA-F]{2})/.test(inner)) return undefined;
  const path = inner.replace(/\\x(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return (path === "." ? ROOT : path) as BytePath;
}
