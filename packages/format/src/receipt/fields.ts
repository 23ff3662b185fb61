import { displayText } from "@doppel/base";

/** What is wrong with a line of a receipt; the reader says in which. */
export class BadLine extends Error {}

/** What a line, or something in it, says. */
export type Fields = Readonly<Record<string, unknown>>;

const MAX_LINE_BYTES = 1 << 16;
const MAX_DEPTH = 8;
const MAX_TEXT = 1024;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @throws BadLine */
export function fieldsOf(line: Uint8Array): Fields {
  if (line.length > MAX_LINE_BYTES) throw new BadLine("a line is too long");
  const [text, value] = parsed(line);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadLine("a line is no object");
  // Of a key that is there twice JSON.parse takes the last, and other readers the first.
  if (keysIn(text) !== keysOf(value)) throw new BadLine("a key is there twice");
  return value as Fields;
}

/** What the parser says of what it does not understand would quote it. */
function parsed(line: Uint8Array): readonly [string, unknown] {
  try {
    const text = utf8.decode(line);
    return [text, JSON.parse(text)];
  } catch {
    throw new BadLine("a line is no JSON");
  }
}

function keysIn(json: string): number {
  let count = 0;
  for (const [, colon] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)) if (colon !== undefined) count++;
  return count;
}

function keysOf(value: unknown, depth = 0): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth > MAX_DEPTH) throw new BadLine("a line is too deep");
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const inner of Object.values(value)) count += keysOf(inner, depth + 1);
  return count;
}

export function fieldsIn(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new BadLine("something else where fields belong");
  return value as Fields;
}

/** As `displayText` leaves it, so that it can be shown as it is. */
export function text(value: unknown): string {
  if (typeof value !== "string" || value.length > MAX_TEXT || displayText(value) !== value) {
    throw new BadLine("something else where a text belongs");
  }
  return value;
}

export function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new BadLine("something else where a number belongs");
  return value as number;
}

export function fraction(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    throw new BadLine("something else where a number belongs");
  return value;
}

export function oneOf<T extends string>(known: readonly T[], value: unknown): T {
  const found = known.find((word) => word === value);
  if (found === undefined) throw new BadLine("a word that is not known");
  return found;
}

export function digest(value: unknown): string {
  return matching(value, /^[0-9a-f]{64}$/, "a digest");
}

export function matching(value: unknown, form: RegExp, what: string): string {
  if (typeof value !== "string" || !form.test(value)) throw new BadLine(`${what} that is none`);
  return value;
}

export function instant(value: unknown): Date {
  const time = new Date(matching(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "a time"));
  if (Number.isNaN(time.getTime())) throw new BadLine("a time that is none");
  return time;
}

/** Ed25519. */
export function signatureOf(value: unknown): Uint8Array {
  const decoded = Buffer.from(matching(value, /^[A-Za-z0-9+/]{86}==$/, "a signature"), "base64");
  return Uint8Array.from(decoded);
}
