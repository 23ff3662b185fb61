import { isUtf8 } from "node:buffer";

/**
 * A pattern as the rules take it: text, with a lone surrogate U+DC00+byte for every byte that is not part of UTF-8. That is
 * how stock duplicity sees names, too: `?` matches one `ä`, and one stray byte.
 */
export function patternText(argument: string): string {
  const bytes = Buffer.from(argument, "latin1");
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => at + count <= bytes.length && isUtf8(bytes.subarray(at, at + count)));
    text += length === undefined ? String.fromCharCode(0xdc00 + bytes[at]!) : bytes.toString("utf8", at, at + length);
    at += length ?? 1;
  }
  return text;
}
