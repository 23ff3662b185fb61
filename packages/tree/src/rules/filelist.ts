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
    let line = stripped(raw);
    if (line === "" || line.startsWith("#")) return;
    const sign = SIGNS[line.slice(0, 2)];
    if (sign !== undefined) line = line.slice(2);
    const quote = line[0];
    if (line.length > 1 && (quote === "'" || quote === '"') && line.endsWith(quote)) line = line.slice(1, -1);
    entries.push({ kind: sign ?? kind, pattern: line, line: index + 1 });
  });
  return entries;
}

/** Without white space at both ends, as stock has it: not the byte order mark, which JavaScript counts among it. */
function stripped(line: string): string {
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (start < end && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(char: number): boolean {
  if (char < 0x80) return char === 0x20 || (char >= 0x09 && char <= 0x0d) || (char >= 0x1c && char <= 0x1f);
  return char === 0x85 || (char !== 0xfeff && /\s/.test(String.fromCharCode(char)));
}

const SIGNS: Readonly<Record<string, "include" | "exclude">> = { "+ ": "include", "- ": "exclude" };
