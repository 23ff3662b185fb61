import { formatTime, parseTime } from "./time.ts";

/** What stands before the names: `all` before every one, then one by role (spec 1.1). Letters, digits, `-` and `_` only (spec 1.4). */
export interface NamePrefixes {
  /** Before every name. */
  readonly all: string;
  /** Before those of volumes. */
  readonly archive: string;
  /** Before those of manifests, indexes and receipts. */
  readonly manifest: string;
  /** Before those of signature archives. */
  readonly signature: string;
}

/** Names as they are by default. */
export const NO_PREFIXES: NamePrefixes = { all: "", archive: "", manifest: "", signature: "" };

/** How an object is wrapped as a whole (spec 6). */
export type Encoding = "plain" | "gzip" | "gpg";

/** What makes a backup set one: whole seconds are compared. A full set starts and ends at its one time. */
export interface SetId {
  /** Complete in itself, or what changed since the set that ended at `start`. */
  readonly kind: "full" | "inc";
  /** When the state began that it builds upon. */
  readonly start: Date;
  /** When the run began, which is the time of its state. */
  readonly end: Date;
}

/** What a name at the target says. */
export interface ObjectName {
  /** What the object is for its set. */
  readonly role: "volume" | "manifest" | "signatures" | "jsonstat" | "index" | "receipt";
  /** Which set. */
  readonly set: SetId;
  /** Only for volumes; 1 or more. */
  readonly volume?: number;
  /** Named `.part`, an unfinished file of stock's archive directory (spec 7.4): never to be taken for the finished one. */
  readonly partial: boolean;
  /** As the ending of the name says. */
  readonly encoding: Encoding;
  /** The whole name. */
  readonly name: string;
}

const SUFFIX: Readonly<Record<Encoding, string>> = { plain: "", gzip: ".gz", gpg: ".gpg" };

/** The name of one volume (spec 1.1). */
export function volumeName(set: SetId, volume: number, encoding: Encoding, prefixes = NO_PREFIXES): string {
  return `${prefixes.all}${prefixes.archive}duplicity-${set.kind}.${span(set)}.vol${volume}.difftar${SUFFIX[encoding]}`;
}

/** The name of a manifest. It is never gzip'd: "gzip" gives the same name as "plain" (spec 1.1). */
export function manifestName(set: SetId, encoding: Encoding, prefixes = NO_PREFIXES): string {
  const suffix = encoding === "gpg" ? SUFFIX.gpg : "";
  return `${prefixes.all}${prefixes.manifest}duplicity-${set.kind}.${span(set)}.manifest${suffix}`;
}

/** The name of a signature archive (spec 1.1). */
export function signaturesName(set: SetId, encoding: Encoding, prefixes = NO_PREFIXES): string {
  const word = set.kind === "full" ? "full" : "new";
  return `${prefixes.all}${prefixes.signature}duplicity-${word}-signatures.${span(set)}.sigtar${SUFFIX[encoding]}`;
}

/**
 * The name of a set's index (FORMAT.md), which is doppel's own: stock's patterns do not match it (spec 1.4). It has the prefix
 * of the manifests, so that whoever keeps those at hand keeps it at hand too.
 */
export function indexName(set: SetId, encoding: Encoding, prefixes = NO_PREFIXES): string {
  return `${prefixes.all}${prefixes.manifest}duplicity-${set.kind}.${span(set)}.index${SUFFIX[encoding]}`;
}

/**
 * The name of a set's receipt (FORMAT.md), doppel's own as well: as that of the index, and never wrapped, because everybody may
 * read it.
 */
export function receiptName(set: SetId, prefixes = NO_PREFIXES): string {
  return `${prefixes.all}${prefixes.manifest}duplicity-${set.kind}.${span(set)}.receipt`;
}

function span(set: SetId): string {
  return set.kind === "full" ? formatTime(set.end) : `${formatTime(set.start)}.to.${formatTime(set.end)}`;
}

/**
 * What a name says, in the long, old or short form (spec 1.1 to 1.4), or undefined when it is not one of a backup's.
 * Stricter than stock in one thing: after the fixed part only an encoding's suffix, or `.part`, may follow.
 *
 * @param separator what stands for the colon in old names (`--time-separator`).
 */
export function parseName(name: string, prefixes = NO_PREFIXES, separator = ":"): ObjectName | undefined {
  const read = readName(name, prefixes, separator);
  return read === undefined || read.stockOnly ? undefined : read.object;
}

/** A name as stock reads it; `stockOnly` when it is a tail or number that only stock takes for a backup's (spec 1.4). */
export interface StockName {
  readonly object: ObjectName;
  readonly stockOnly: boolean;
}

type PrefixRole = "archive" | "manifest" | "signature";
interface Pattern {
  readonly role: ObjectName["role"];
  readonly kind: SetId["kind"];
  readonly prefix?: PrefixRole;
  readonly short: boolean;
  readonly form: RegExp;
}

const ROLE_PREFIX: Readonly<Record<ObjectName["role"], PrefixRole | undefined>> = {
  volume: "archive",
  manifest: "manifest",
  signatures: "signature",
  jsonstat: undefined,
  index: "manifest",
  receipt: "manifest",
};

const T = "(?<start>.+?)";
const T_TO_T = "(?<start>.+?)\\.to\\.(?<end>.+?)";
const SHORT_T = "(?<start>[0-9a-z]+)";
const SHORT_TT = "(?<start>[0-9a-z]+)\\.(?<end>[0-9a-z]+)";

function pattern(role: ObjectName["role"], kind: SetId["kind"], body: string, short = false): Pattern {
  const prefix = ROLE_PREFIX[role];
  const form = new RegExp(`^${body}(?<tail>\\..*)?$`, "s");
  return prefix === undefined ? { role, kind, short, form } : { role, kind, short, form, prefix };
}

// Stock tries short names first (spec 1.4). Kinds cannot be mistaken for one another, so the rest of its order does not matter.
const PATTERNS: readonly Pattern[] = [
  pattern("volume", "full", `df\\.${SHORT_T}\\.(?<volume>[0-9a-z]+)\\.dt`, true),
  pattern("manifest", "full", `df\\.${SHORT_T}\\.m`, true),
  pattern("volume", "inc", `di\\.${SHORT_TT}\\.(?<volume>[0-9a-z]+)\\.dt`, true),
  pattern("manifest", "inc", `di\\.${SHORT_TT}\\.m`, true),
  pattern("signatures", "full", `dfs\\.${SHORT_T}\\.st`, true),
  pattern("signatures", "inc", `dns\\.${SHORT_TT}\\.st`, true),
  pattern("volume", "full", `duplicity-full\\.${T}\\.vol(?<volume>\\d+)\\.difftar`),
  pattern("manifest", "full", `duplicity-full\\.${T}\\.manifest`),
  pattern("volume", "inc", `duplicity-inc\\.${T_TO_T}\\.vol(?<volume>\\d+)\\.difftar`),
  pattern("manifest", "inc", `duplicity-inc\\.${T_TO_T}\\.manifest`),
  pattern("signatures", "full", `duplicity-full-signatures\\.${T}\\.sigtar`),
  pattern("signatures", "inc", `duplicity-new-signatures\\.${T_TO_T}\\.sigtar`),
  pattern("jsonstat", "full", `duplicity-full\\.${T}\\.jsonstat`),
  pattern("jsonstat", "inc", `duplicity-inc\\.${T_TO_T}\\.jsonstat`),
  pattern("index", "full", `duplicity-full\\.${T}\\.index`),
  pattern("index", "inc", `duplicity-inc\\.${T_TO_T}\\.index`),
  pattern("receipt", "full", `duplicity-full\\.${T}\\.receipt`),
  pattern("receipt", "inc", `duplicity-inc\\.${T_TO_T}\\.receipt`),
];

const LONG_TAIL = /^(?<part>\.part)?(?<suffix>\.gpg|\.gz)?$/;
const SHORT_TAIL = /^(?<part>\.p)?(?<suffix>\.g|\.z)?$/;

/** For the collection, which reports what stock would stumble over. Everyone else wants {@link parseName}. */
export function readName(name: string, prefixes: NamePrefixes, separator: string): StockName | undefined {
  if (!name.startsWith(prefixes.all)) return undefined;
  for (const { role, kind, prefix, short, form } of PATTERNS) {
    const before = prefixes.all + (prefix === undefined ? "" : prefixes[prefix]);
    const groups = name.startsWith(before) ? form.exec(name.slice(before.length))?.groups : undefined;
    if (groups === undefined) continue;
    const time = (text: string) => (short ? base36Time(text) : parseTime(text, separator));
    const start = time(groups["start"]!);
    const end = groups["end"] === undefined ? start : time(groups["end"]);
    if (start === undefined || end === undefined) continue;
    const volume = groups["volume"] === undefined ? undefined : Number.parseInt(groups["volume"], short ? 36 : 10);
    const tail = groups["tail"] ?? "";
    if (role === "receipt" && tail !== "") continue;
    const ours = (short ? SHORT_TAIL : LONG_TAIL).exec(tail)?.groups;
    const object: ObjectName = {
      role,
      set: { kind, start, end },
      ...(volume === undefined ? {} : { volume }),
      partial: ours?.["part"] !== undefined,
      encoding: encodingOf(tail),
      name,
    };
    return { object, stockOnly: ours === undefined || (volume !== undefined && (volume < 1 || !Number.isSafeInteger(volume))) };
  }
  return undefined;
}

function base36Time(text: string): Date | undefined {
  return parseTime(String(Number.parseInt(text, 36)));
}

function encodingOf(tail: string): Encoding {
  if (/\.(?:gpg|g)$/.test(tail)) return "gpg";
  return /\.(?:gz|z)$/.test(tail) ? "gzip" : "plain";
}
