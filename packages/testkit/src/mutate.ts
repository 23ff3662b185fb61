/** Objects by name, of which one was changed, or two. */
export interface Mutation {
  /** What was done, for a person who wants to do it again. */
  readonly what: string;
  readonly objects: Map<string, Uint8Array>;
  /** Names of the objects that are not what they were: changed, gone or new. */
  readonly touched: readonly string[];
}

/** From 0 to below 1. */
export type Random = () => number;

type OfBytes = (bytes: Uint8Array, random: Random) => readonly [what: string, bytes: Uint8Array];

const whole = (random: Random, below: number): number => Math.floor(random() * below);

/** Where something is done: anywhere, or near an end, where lengths, checksums and headers are. */
function place(random: Random, length: number): number {
  const kind = random();
  if (kind < 0.15) return Math.min(length, whole(random, 64));
  if (kind < 0.3) return Math.max(0, length - 1 - whole(random, 64));
  return whole(random, length);
}

const OF_BYTES: readonly OfBytes[] = [
  function flip(bytes, random) {
    const out = Uint8Array.from(bytes);
    const at = Math.min(bytes.length - 1, place(random, bytes.length));
    const bit = whole(random, 8);
    out[at]! ^= 1 << bit;
    return [`flip bit ${bit} of byte ${at}`, out];
  },
  function overwrite(bytes, random) {
    const out = Uint8Array.from(bytes);
    const [at, length] = [place(random, bytes.length), 1 + whole(random, 64)];
    for (let i = at; i < Math.min(at + length, out.length); i++) out[i] = whole(random, 256);
    return [`overwrite ${length} bytes at ${at}`, out];
  },
  function drop(bytes, random) {
    const [at, length] = [place(random, bytes.length), 1 + whole(random, random() < 0.5 ? 8 : 1000)];
    return [`drop ${length} bytes at ${at}`, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])];
  },
  function duplicate(bytes, random) {
    const [at, length] = [place(random, bytes.length), 1 + whole(random, random() < 0.5 ? 8 : 1000)];
    return [`duplicate ${length} bytes at ${at}`, Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])];
  },
  function truncate(bytes, random) {
    const length = random() < 0.1 ? 0 : place(random, bytes.length);
    return [`truncate to ${length} bytes`, bytes.slice(0, length)];
  },
  function append(bytes, random) {
    const more = Uint8Array.from({ length: 1 + whole(random, 200) }, () => whole(random, 256));
    return [`append ${more.length} bytes`, Buffer.concat([bytes, more])];
  },
  function swap(bytes, random) {
    const length = 1 + whole(random, Math.min(500, bytes.length / 2));
    const first = whole(random, bytes.length - 2 * length + 1);
    const second = first + length + whole(random, bytes.length - first - 2 * length + 1);
    const part = (from: number, to: number): Uint8Array => bytes.subarray(from, to);
    const out = [part(0, first), part(second, second + length), part(first + length, second), part(first, first + length)];
    return [`swap ${length} bytes at ${first} and ${second}`, Buffer.concat([...out, part(second + length, bytes.length)])];
  },
];

/** One byte of text for another that could stand there: what comes through every check of a line. */
const OF_TEXT: readonly OfBytes[] = [
  function letter(bytes, random) {
    const out = Uint8Array.from(bytes);
    const at = whole(random, bytes.length);
    const letters = "0123456789abcdefzAZ/ ";
    out[at] = letters.charCodeAt(whole(random, letters.length));
    return [`letter at ${at}`, out];
  },
  function line(bytes, random) {
    const lines = Buffer.from(bytes).toString("latin1").split("\n");
    const at = whole(random, lines.length);
    const isDropped = random() < 0.5;
    const out = isDropped ? lines.toSpliced(at, 1) : lines.toSpliced(at, 0, lines[whole(random, lines.length)]!);
    return [`${isDropped ? "drop" : "insert"} line ${at}`, Buffer.from(out.join("\n"), "latin1")];
  },
];

/**
 * Damages one of the objects called `among`, or the order among them: a change of bytes, or of whole objects, which may get another
 * one's place. Nothing of what is given is changed. The same for the same random numbers.
 */
export function mutate(objects: ReadonlyMap<string, Uint8Array>, among: readonly string[], random: Random): Mutation {
  for (;;) {
    const mutation = attempt(objects, among, random);
    const touched = mutation.touched.filter((name) => !isSame(objects.get(name), mutation.objects.get(name)));
    if (touched.length > 0) return { ...mutation, touched };
  }
}

function attempt(objects: ReadonlyMap<string, Uint8Array>, among: readonly string[], random: Random): Mutation {
  const name = among[whole(random, among.length)]!;
  const bytes = objects.get(name)!;
  const out = new Map(objects);
  const done = (what: string, ...touched: string[]): Mutation => ({ what, objects: out, touched });
  const kind = random();
  if (kind < 0.75 && bytes.length > 2) {
    const kinds = isText(bytes) ? [...OF_BYTES, ...OF_TEXT, ...OF_TEXT] : OF_BYTES;
    const [what, changed] = kinds[whole(random, kinds.length)]!(bytes, random);
    out.set(name, changed);
    return done(`${what} of ${name}`, name);
  }
  const other = among[whole(random, among.length)]!;
  if (kind < 0.83) {
    out.delete(name);
    return done(`delete ${name}`, name);
  }
  if (kind < 0.92) {
    out.set(name, objects.get(other)!);
    out.set(other, bytes);
    return done(`swap ${name} and ${other}`, name, other);
  }
  if (kind < 0.97 || !/\.vol\d+\./.test(name)) {
    out.set(name, objects.get(other)!);
    return done(`put ${other} in the place of ${name}`, name);
  }
  const beyond = name.replace(/\.vol(\d+)\./, (_, number: string) => `.vol${Number(number) + 1 + whole(random, 3)}.`);
  out.set(beyond, bytes);
  return done(`put ${name} in the place of ${beyond}`, beyond);
}

function isText(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 2000).every((byte) => byte < 0x80 && (byte >= 0x20 || byte === 0x0a));
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}
