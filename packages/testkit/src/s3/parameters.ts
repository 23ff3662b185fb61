/** Parameters that several lists share. */
import { invalidArgument } from "./error.ts";

/** A number from `low` to `high`, or undefined when it is not given. @throws S3Error */
export function numberIn(name: string, value: string | null, low: number, high: number, message: string): number | undefined {
  if (value === null || value === "") return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < low || number > high) throw invalidArgument(name, value, message);
  return number;
}

/** How names are written: `encoding-type=url` is the only other way than plainly. */
export function textEncoder(query: URLSearchParams): (text: string) => string {
  const type = query.get("encoding-type");
  if (type === null) return (text) => text;
  if (type !== "url") throw invalidArgument("encoding-type", type, "Invalid Encoding Method specified in Request");
  return (text) =>
    encodeURIComponent(text)
      .replaceAll("%2F", "/")
      .replaceAll("%20", "+")
      .replace(/[!'()]/g, percent);
}

/** The folder to be skipped, when a list goes on behind a common prefix. */
export function truncationKey(from: string, prefix: string, delimiter: string): { readonly folder: string | undefined } {
  const isFolder = delimiter !== "" && from.endsWith(delimiter) && from.length > prefix.length;
  return { folder: isFolder ? from : undefined };
}

function percent(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}
