import type { BytePath } from "@doppel/base";

/**
 * A path as the characters that patterns count: UTF-8 where it is valid, and one lone surrogate U+DC00+byte for every
 * other byte. The same as stock duplicity sees (`?` matches one `ä`, and also one stray byte), and reversible, so
 * two paths are equal exactly when their texts are.
 */
export function textOf(path: BytePath): string {
  return NOT_ASCII.test(path) ? path.replace(SEQUENCES, decode) : path;
}

/** The path that a text stands for: the inverse of `textOf`. */
export function pathOf(text: string): BytePath {
  return text.replace(STRAY_OR_TEXT, encode) as BytePath;
}

// With the flag u a surrogate counts by itself only where it stands alone.
const STRAY_OR_TEXT = /[\udc80-\udcff]|[^\p{ASCII}\udc80-\udcff]+/gu;

function encode(part: string): string {
  const code = part.charCodeAt(0);
  const isStray = part.length === 1 && code >= 0xdc80 && code <= 0xdcff;
  return isStray ? String.fromCharCode(code - 0xdc00) : Buffer.from(part, "utf8").toString("latin1");
}

const NOT_ASCII = /[\u0080-\u00ff]/;

// RFC 3629 4: every well-formed sequence of two to four bytes, or else any single byte above 0x7f.
const SEQUENCES =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[\x80-\xff]/g;

function decode(sequence: string): string {
  return sequence.length === 1
    ? String.fromCharCode(0xdc00 + sequence.charCodeAt(0))
    : Buffer.from(sequence, "latin1").toString("utf8");
}
