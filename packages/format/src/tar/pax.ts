/** The records that concern us; whatever else a pax header says is dropped (spec 3.3). Values are raw bytes, one char each. */
export type PaxRecords = ReadonlyMap<string, string>;

const KEYS = new Set(["path", "linkpath", "uid", "gid", "uname", "gname", "size", "mtime"]);

/**
 * The records of one pax extension header, or undefined when they are malformed, or describe a sparse file, whose content
 * is not the file's. Values are never decoded: with or without `hdrcharset=BINARY` the bytes are the name (spec 3.3).
 */
export function parsePax(bytes: Uint8Array): PaxRecords | undefined {
  const records = new Map<string, string>();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  let at = 0;
  while (at < text.length) {
    const digits = /^\d{1,9} /.exec(text.slice(at, at + 10))?.[0];
    if (digits === undefined) return undefined;
    const end = at + Number(digits);
    const equals = text.indexOf("=", at);
    if (equals < 0 || equals >= end || end > text.length || text[end - 1] !== "\n") return undefined;
    const key = text.slice(at + digits.length, equals);
    if (key.startsWith("GNU.sparse.")) return undefined;
    if (KEYS.has(key)) records.set(key, text.slice(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** A number of a record, rounded down; NaN when it is none. */
export function paxNumber(text: string): number {
  const value = /^-?\d+(?:\.\d*)?$/.test(text) ? Math.floor(Number(text)) : Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}
