import { pathFromBytes } from "@doppel/base";
import { textOf } from "./text.ts";

/** One pattern of a filelist. */
export interface FilelistEntry {
  readonly kind: "include" | "exclude";
  readonly pattern: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The entries of a filelist (command-line spec 6.4), `kind` where a line has no sign. Bytes that are no UTF-8 are kept. */
export function parseFilelist(bytes: Uint8Array, kind: "include" | "exclude", separator: "\n" | "\0"): FilelistEntry[] {
  const entries: FilelistEntry[] = [];
  const text = textOf(pathFromBytes(bytes)).replace(/^\ufeff/, "");
  text.split(separator).forEach((raw, index) => {
    let line = raw.replace(BLANKS, "");
    if (line === "" || line.startsWith("#")) return;
    const sign = SIGNS[line.slice(0, 2)];
    if (sign !== undefined) line = line.slice(2);
    const quote = line[0];
    if (line.length > 1 && (quote === "'" || quote === '"') && line.endsWith(quote)) line = line.slice(1, -1);
    entries.push({ kind: sign ?? kind, pattern: line, line: index + 1 });
  });
  return entries;
}

/** White space at both ends, as stock has it; not the byte order mark, which JavaScript counts among it. */
const BLANKS =
  /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

const SIGNS: Readonly<Record<string, "include" | "exclude">> = { "+ ": "include", "- ": "exclude" };
