import { DoppelError } from "@doppel/base";
import type { SetId } from "../names.ts";
import { parseTime } from "../time.ts";
import type { FolderCounts, PreviousReceipt, Receipt, ReceiptCounts, ReceiptEncryption, ReceiptObject } from "./receipt.ts";
import {
  BadLine,
  count,
  digest,
  type Fields,
  fieldsIn,
  fieldsOf,
  fraction,
  instant,
  matching,
  oneOf,
  signatureOf,
  text,
} from "./fields.ts";
import { MAX_RECEIPT_BYTES, RECEIPT_VERSION } from "./write.ts";

/** A receipt as it was stored. Whoever reads it checks the hash, and the signature if he has the key. */
export interface ParsedReceipt {
  /** What it says. */
  readonly receipt: Receipt;
  /** SHA-256 that the first `hashed` bytes must have, 64 hexadecimal digits. */
  readonly sha256: string;
  /** How many bytes `sha256` is about. */
  readonly hashed: number;
  /** Ed25519, 64 bytes, over the first `signed` bytes. */
  readonly signature?: { readonly ed25519: Uint8Array; readonly signed: number };
}

const MAX_KEYS = 1000;
const MAX_FOLDERS = 1001;
const ROLES = ["volume", "signatures", "manifest", "index"] as const;
const CHAINS = ["first", "continued", "unknown"] as const;
const COUNTS = [
  "entries",
  "files",
  "sourceBytes",
  "newEntries",
  "changedEntries",
  "deletedEntries",
  "contentBytes",
  "storedBytes",
  "errors",
] as const satisfies readonly (keyof ReceiptCounts)[];
const LINE_FEED = 0x0a;

/**
 * A receipt, distrusted: every size is bounded, everything known has its type and stands once, and no text has a control
 * character. Fields that are not known are passed over, also as lines of their own.
 * @throws format.bad-receipt
 */
export function parseReceipt(bytes: Uint8Array): ParsedReceipt {
  if (bytes.length > MAX_RECEIPT_BYTES) throw badReceipt(0, `it has more than ${MAX_RECEIPT_BYTES} bytes`);
  const reader = new ReceiptReader();
  let number = 0;
  for (let at = 0; at < bytes.length; ) {
    number++;
    const end = bytes.indexOf(LINE_FEED, at);
    try {
      if (end < 0) throw new BadLine("it is cut off");
      reader.line(fieldsOf(bytes.subarray(at, end)), at);
    } catch (error) {
      if (error instanceof BadLine) throw badReceipt(number, error.message);
      throw error;
    }
    at = end + 1;
  }
  try {
    return reader.finish();
  } catch (error) {
    if (error instanceof BadLine) throw badReceipt(number, error.message);
    throw error;
  }
}

/** What stands in a receipt must not be the reader's trouble. */
function badReceipt(line: number, reason: string): DoppelError<"format.bad-receipt"> {
  return new DoppelError("format.bad-receipt", `receipt is damaged at line ${line}: ${reason}`, { line, reason });
}

/** Takes the lines in, each kind once, objects and folders each name once. */
class ReceiptReader {
  readonly #objects = new Map<string, ReceiptObject>();
  readonly #folders = new Map<string, FolderCounts>();
  #head: Pick<Receipt, "set" | "host" | "program" | "started" | "finished"> | undefined;
  #encryption: ReceiptEncryption | undefined;
  #counts: ReceiptCounts | undefined;
  #notices: Receipt["notices"] | undefined;
  #chain: Pick<Receipt, "chain" | "previous"> | undefined;
  #hash: Pick<ParsedReceipt, "sha256" | "hashed"> | undefined;
  #signature: ParsedReceipt["signature"];

  /** @param at where it begins */
  line(fields: Fields, at: number): void {
    if (this.#signature) throw new BadLine("something stands behind the signature");
    if (this.#hash) {
      if (!("ed25519" in fields)) throw new BadLine("something stands behind the hash");
      this.#signature = { ed25519: signatureOf(fields["ed25519"]), signed: at };
    } else if (!this.#head) this.#head = headOf(fields);
    else if ("object" in fields) add(this.#objects, objectOf(fields), Number.MAX_SAFE_INTEGER);
    else if ("folder" in fields) add(this.#folders, folderOf(fields), MAX_FOLDERS);
    else if ("encryption" in fields) this.#encryption = once(this.#encryption, encryptionOf(fields));
    else if ("counts" in fields) this.#counts = once(this.#counts, countsOf(fields["counts"]));
    else if ("notices" in fields) this.#notices = once(this.#notices, noticesOf(fields["notices"]));
    else if ("chain" in fields) this.#chain = once(this.#chain, chainOf(fields));
    else if ("sha256" in fields) this.#hash = { sha256: digest(fields["sha256"]), hashed: at };
    else if ("receipt" in fields || "ed25519" in fields) throw new BadLine("a line where it does not belong");
  }

  finish(): ParsedReceipt {
    if (!this.#head || !this.#encryption || !this.#counts || !this.#notices || !this.#chain || !this.#hash) {
      throw new BadLine("it is cut off");
    }
    const receipt = {
      ...this.#head,
      objects: [...this.#objects.values()],
      encryption: this.#encryption,
      counts: this.#counts,
      folders: [...this.#folders.values()],
      notices: this.#notices,
      ...this.#chain,
    };
    return { receipt, ...this.#hash, ...(this.#signature && { signature: this.#signature }) };
  }
}

function once<T>(before: T | undefined, now: T): T {
  if (before !== undefined) throw new BadLine("a line is there twice");
  return now;
}

function add<T extends { readonly name: string }>(map: Map<string, T>, item: T, most: number): void {
  if (map.has(item.name)) throw new BadLine("a name is there twice");
  if (map.size >= most) throw new BadLine(`more than ${most} folders`);
  map.set(item.name, item);
}

function headOf(fields: Fields): Pick<Receipt, "set" | "host" | "program" | "started" | "finished"> {
  if (!("receipt" in fields)) throw new BadLine("it is no receipt");
  if (fields["receipt"] !== RECEIPT_VERSION) throw new BadLine("a version that is not known here");
  return {
    set: setOf(fields),
    host: text(fields["host"]),
    program: text(fields["program"]),
    started: instant(fields["started"]),
    finished: instant(fields["finished"]),
  };
}

function setOf(fields: Fields): SetId {
  const time = (key: string): Date => {
    const value = fields[key];
    const parsed = typeof value === "string" ? parseTime(value) : undefined;
    if (parsed === undefined) throw new BadLine("no time of its set");
    return parsed;
  };
  if (fields["kind"] === "full") return { kind: "full", start: time("time"), end: time("time") };
  if (fields["kind"] === "inc") return { kind: "inc", start: time("start"), end: time("end") };
  throw new BadLine("an unknown kind of set");
}

function objectOf(fields: Fields): ReceiptObject {
  const { object, role, size, sha256, checksum } = fields;
  return {
    name: text(object),
    role: oneOf(ROLES, role),
    size: count(size),
    ...(sha256 === undefined ? {} : { sha256: digest(sha256) }),
    ...(checksum === undefined ? {} : { checksum: checksumOf(checksum) }),
  };
}

function checksumOf(value: unknown): NonNullable<ReceiptObject["checksum"]> {
  const fields = fieldsIn(value);
  return { kind: text(fields["kind"]), value: text(fields["value"]) };
}

function folderOf(fields: Fields): FolderCounts {
  const { folder, files, bytes, changedFiles, changedBytes, ratio } = fields;
  return {
    name: text(folder),
    files: count(files),
    bytes: count(bytes),
    changedFiles: count(changedFiles),
    changedBytes: count(changedBytes),
    ...(ratio === undefined ? {} : { ratio: fraction(ratio) }),
  };
}

function encryptionOf({ encryption, keyIds }: Fields): ReceiptEncryption {
  if (encryption === "passphrase" || encryption === "none") return { kind: encryption };
  if (encryption !== "keys" || !Array.isArray(keyIds) || keyIds.length > MAX_KEYS) throw new BadLine("an unknown encryption");
  return { kind: "keys", keyIds: keyIds.map((id) => matching(id, /^[0-9A-F]{16}$/, "a key ID")) };
}

function countsOf(value: unknown): ReceiptCounts {
  const fields = fieldsIn(value);
  return Object.fromEntries(COUNTS.map((key) => [key, count(fields[key])])) as unknown as ReceiptCounts;
}

function noticesOf(value: unknown): Receipt["notices"] {
  return Object.fromEntries(Object.entries(fieldsIn(value)).map(([reason, times]) => [text(reason), count(times)]));
}

function chainOf({ chain, previous }: Fields): Pick<Receipt, "chain" | "previous"> {
  const state = oneOf(CHAINS, chain);
  if ((state === "continued") !== (previous !== undefined)) throw new BadLine("a chain that contradicts itself");
  return { chain: state, ...(previous === undefined ? {} : { previous: previousOf(previous) }) };
}

function previousOf(value: unknown): PreviousReceipt {
  const { name, sha256 } = fieldsIn(value);
  return { name: text(name), sha256: digest(sha256) };
}
