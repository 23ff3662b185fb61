import { type BytePath, DoppelError } from "@doppel/base";
import { decodeTarHeader, isZeroBlock, TAR_BLOCK, type TarHeader, tarPadding } from "./header.ts";
import { type PaxRecords, parsePax, paxNumber } from "./pax.ts";

/** What a tar stream holds, in order; "end" closes each entry, also one without content. `data` is part of a given chunk. */
export type TarItem =
  | { readonly type: "header"; readonly header: TarHeader }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "end" };

/** Far above any real name: nothing is collected beyond it. */
const EXTENSION_LIMIT = 1 << 20;
/** Before one entry; there are four kinds. */
const MOST_EXTENSIONS = 16;
/** Behind the end: stock fills a volume up to its size, with some 130 KB (spec 3.2). More would be read for nothing, maybe without end. */
const REST_LIMIT = 16 << 20;
/** What the format stores (spec 3.5): file, symlink, devices, directory, fifo. */
const ENTRY_TYPES = "023456";
const NO_RECORDS: PaxRecords = new Map();

/**
 * Reads a tar stream of any dialect of spec 3.3, as it arrives. Stops at the first zero block; what follows is ignored.
 * A missing end is none of its business (spec 3.1), a broken entry is: every method throws format.bad-tar, with the
 * offset of the header concerned. Memory: one block, or one extension header of at most 1 MiB.
 */
export class TarParser {
  readonly #label: string;
  readonly #block = new Uint8Array(TAR_BLOCK);
  #filled = 0;
  #offset = 0; // of the next byte to come
  #headerAt = 0;
  #state: "header" | "data" | "extension" | "done" = "header";
  #remaining = 0; // of the content
  #padding = 0; // behind it
  #extension: { readonly type: string; readonly bytes: Uint8Array } | undefined;
  #extensions = 0; // before the next entry
  #rest = 0; // behind the end
  #pending = false; // an extension header waits for its entry
  #longName: BytePath | undefined;
  #longLink: BytePath | undefined;
  #local: PaxRecords = NO_RECORDS;
  #global = new Map<string, string>();

  /** @param label what is read, for messages. */
  constructor(label = "the tar archive") {
    this.#label = label;
  }

  /** Whether a zero block has been met. */
  get sawEndMarker(): boolean {
    return this.#state === "done";
  }

  /**
   * The items that the next bytes complete. Data are views of `chunk`.
   * @param items what is found goes behind them; where this throws they hold what came before the damage @throws format.bad-tar
   */
  update(chunk: Uint8Array, items: TarItem[] = []): TarItem[] {
    let at = 0;
    while (at < chunk.length && this.#state !== "done") {
      const left = chunk.length - at;
      let taken: number;
      if (this.#state === "header") {
        // Padding belongs to what is before it: an archive may end without it (spec 3.1).
        taken = this.#padding > 0 ? this.#skip(left) : this.#takeHeader(chunk, at, items);
      } else if (this.#state === "data") {
        taken = Math.min(left, this.#remaining);
        items.push({ type: "data", bytes: chunk.subarray(at, at + taken) });
        this.#remaining -= taken;
        if (this.#remaining === 0) this.#endEntry(items);
      } else {
        taken = Math.min(left, this.#remaining);
        const { bytes } = this.#extension!;
        bytes.set(chunk.subarray(at, at + taken), bytes.length - this.#remaining);
        this.#remaining -= taken;
        if (this.#remaining === 0) this.#endExtension();
      }
      at += taken;
      this.#offset += taken;
    }
    if (this.#state === "done") {
      this.#rest += chunk.length - at;
      if (this.#rest > REST_LIMIT) this.#fail(`more than ${REST_LIMIT} bytes follow its end`);
    }
    return items;
  }

  /** To be called at the end of the stream. */
  finish(): void {
    if (this.#state === "done") return;
    if (this.#state !== "header") this.#fail("it ends in the middle of an entry");
    if (!isZeroBlock(this.#block.subarray(0, this.#filled))) {
      this.#headerAt = this.#offset - this.#filled;
      this.#fail("it ends in the middle of a header");
    }
    if (this.#pending) this.#fail("it ends after an extension header");
  }

  #skip(left: number): number {
    const taken = Math.min(left, this.#padding);
    this.#padding -= taken;
    return taken;
  }

  #takeHeader(chunk: Uint8Array, at: number, items: TarItem[]): number {
    if (this.#filled === 0 && chunk.length - at >= TAR_BLOCK) {
      this.#headerAt = this.#offset;
      this.#readHeader(chunk.subarray(at, at + TAR_BLOCK), items);
      return TAR_BLOCK;
    }
    const taken = Math.min(chunk.length - at, TAR_BLOCK - this.#filled);
    this.#block.set(chunk.subarray(at, at + taken), this.#filled);
    this.#filled += taken;
    if (this.#filled === TAR_BLOCK) {
      this.#filled = 0;
      this.#headerAt = this.#offset + taken - TAR_BLOCK;
      this.#readHeader(this.#block, items);
    }
    return taken;
  }

  #readHeader(block: Uint8Array, items: TarItem[]): void {
    if (block[0] === 0 && isZeroBlock(block)) {
      if (this.#pending) this.#fail("it ends after an extension header");
      this.#state = "done";
      return;
    }
    const raw = decodeTarHeader(block);
    if (typeof raw === "string") this.#fail(raw);
    if ("LKxg".includes(raw.type)) this.#beginExtension(raw);
    else this.#beginEntry(this.#extended(raw), items);
  }

  #beginEntry(header: TarHeader, items: TarItem[]): void {
    if (!ENTRY_TYPES.includes(header.type))
      this.#fail(`an entry has the type ${JSON.stringify(header.type)}, which no backup has`);
    const { mode, uid, gid, size, mtime, devMajor, devMinor } = header;
    const whole = mode >= 0 && uid >= 0 && gid >= 0 && size >= 0 && devMajor >= 0 && devMinor >= 0 && !Number.isNaN(mtime);
    if (!whole || size > Number.MAX_SAFE_INTEGER - TAR_BLOCK) this.#fail("a number in a header is malformed or out of range");
    items.push({ type: "header", header });
    // Only files have content. Should other entries have it, it is taken for a header, and fails as one.
    this.#remaining = header.type === "0" ? size : 0;
    if (this.#remaining === 0) this.#endEntry(items);
    else {
      this.#state = "data";
      this.#padding = tarPadding(size);
    }
  }

  #endEntry(items: TarItem[]): void {
    items.push({ type: "end" });
    this.#state = "header";
  }

  #beginExtension({ type, size }: TarHeader): void {
    if (!(size <= EXTENSION_LIMIT && size >= 0)) this.#fail(`an extension header claims ${size} bytes`);
    if (++this.#extensions > MOST_EXTENSIONS) this.#fail("it has extension headers without an entry");
    this.#extension = { type, bytes: new Uint8Array(size) };
    this.#remaining = size;
    this.#padding = tarPadding(size);
    this.#state = "extension";
    if (size === 0) this.#endExtension();
  }

  #endExtension(): void {
    const { type, bytes } = this.#extension!;
    this.#extension = undefined;
    this.#state = "header";
    this.#pending ||= type !== "g";
    if (type === "L") this.#longName = cString(bytes);
    else if (type === "K") this.#longLink = cString(bytes);
    else {
      const records = parsePax(bytes) ?? this.#fail("a pax header is malformed or describes a sparse file");
      if (type === "x") this.#local = records;
      else for (const [key, value] of records) this.#global.set(key, value);
    }
  }

  /** The header with all that its extension headers say; they are used up by it, but for the global ones. */
  #extended(raw: TarHeader): TarHeader {
    this.#extensions = 0;
    if (!this.#pending && this.#global.size === 0) return raw;
    const record = (key: string) => {
      const value = this.#local.get(key) ?? this.#global.get(key);
      return value === "" ? undefined : value; // an empty record stands for none (POSIX pax)
    };
    const number = (key: string, otherwise: number) => {
      const value = record(key);
      return value === undefined ? otherwise : paxNumber(value);
    };
    const header = {
      ...raw,
      name: this.#longName ?? ((record("path") ?? raw.name) as BytePath),
      linkName: this.#longLink ?? ((record("linkpath") ?? raw.linkName) as BytePath),
      uid: number("uid", raw.uid),
      gid: number("gid", raw.gid),
      size: number("size", raw.size),
      mtime: number("mtime", raw.mtime),
      uname: record("uname") ?? raw.uname,
      gname: record("gname") ?? raw.gname,
    };
    this.#pending = false;
    this.#longName = undefined;
    this.#longLink = undefined;
    this.#local = NO_RECORDS;
    return header;
  }

  #fail(reason: string): never {
    throw new DoppelError(
      "format.bad-tar",
      `${this.#label} is damaged at byte ${this.#headerAt}: ${reason}; use another copy of it, or restore another point in time`,
      { offset: this.#headerAt, reason },
    );
  }
}

function cString(bytes: Uint8Array): BytePath {
  const nul = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, nul < 0 ? bytes.length : nul).toString("latin1") as BytePath;
}
