import { type BytePath, DoppelError, displayPath, type PathEntry } from "@doppel/base";
import type { DifftarKind } from "./difftar.ts";
import { deletedEntry, EntryOrder, entryOf, type EntryPrefix, parseEntryName } from "./entry-name.ts";
import type { TarHeader } from "./tar/header.ts";
import { type TarItem, TarParser } from "./tar/parser.ts";

/** What a set's volumes hold: one entry per path, its content, its end; pieces are joined. */
export type DifftarItem =
  | {
      readonly type: "entry";
      readonly kind: DifftarKind;
      /** `size` is that of the content: of a delta for "diff", of the first piece when `multivol`. */
      readonly entry: PathEntry;
      readonly multivol: boolean;
    }
  /** Part of a chunk that was given to `update`. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | {
      readonly type: "end";
      /** All bytes of content that were read. */
      readonly size: number;
      /** False only in partial reading: pieces are missing at the front, or possibly at the back. Not to be restored. */
      readonly complete: boolean;
    };

/** How volumes are read. */
export interface DifftarOptions {
  /** Not all volumes will be read: pieces may be missing at the edges of a gap, and are then told by `complete`. */
  readonly partial?: boolean;
  /** The set's name, for messages. */
  readonly set?: string;
}

const PREFIXES: readonly EntryPrefix[] = ["snapshot", "diff", "deleted", "multivol_diff", "multivol_snapshot"];
const KIND: Readonly<Partial<Record<EntryPrefix, DifftarKind>>> = {
  snapshot: "snapshot",
  diff: "diff",
  deleted: "deleted",
  multivol_snapshot: "snapshot",
  multivol_diff: "diff",
};
/** Stock's piece size: a shorter piece is its mark of the end (spec 3.6). */
const STOCK_PIECE = 65_536;

interface Pieces {
  readonly path: BytePath;
  readonly kind: DifftarKind;
  readonly first: number;
  last: number;
  size: number;
  allFull: boolean;
}

/**
 * Reads the volumes of one set, in order: beginVolume, update…, endVolume for each, then finish. An entry in several pieces
 * ends when the next begins, or with finish.
 *
 * Everything that stock passes over in silence is an error here (spec 8.2). format.bad-tar: a volume that is no sound
 * tar stream. format.bad-set: an entry out of order or there twice; a name that is unknown or unsafe; a piece missing,
 * repeated or out of order; a file that ends without stock's short piece; a volume without entries behind the first;
 * volumes out of order. After an error the reader is of no further use.
 */
export class DifftarReader {
  readonly #partial: boolean;
  readonly #set: string;
  readonly #order = new EntryOrder();
  #tar = new TarParser();
  #volume = 0;
  #entries = 0;
  #afterGap = false;
  #single: { size: number } | undefined;
  #pieces: Pieces | undefined;
  #held: DifftarItem[] = [];

  constructor(options: DifftarOptions = {}) {
    this.#partial = options.partial ?? false;
    this.#set = options.set ?? "the backup set";
  }

  /**
   * What comes next belongs to that volume.
   * @param volume numbered from 1; without a gap, unless reading is partial.
   */
  beginVolume(volume: number): void {
    const expected = this.#volume + 1;
    this.#volume = volume;
    this.#afterGap = volume > expected;
    if (volume < expected || (this.#afterGap && !this.#partial)) this.#fail(`it comes where volume ${expected} should`);
    if (this.#afterGap) this.#endPieces(this.#held);
    this.#entries = 0;
    this.#tar = new TarParser(`volume ${volume} of ${this.#set}`);
  }

  /**
   * The items that the next bytes of the volume complete. Data are views of `chunk`.
   * @param items what is found goes behind them; where this throws they hold what came before the damage
   */
  update(chunk: Uint8Array, items: DifftarItem[] = []): DifftarItem[] {
    items.push(...this.#takeHeld());
    const found: TarItem[] = [];
    try {
      this.#tar.update(chunk, found);
    } finally {
      this.#take(found, items);
    }
    return items;
  }

  #take(found: readonly TarItem[], items: DifftarItem[]): void {
    for (const item of found) {
      if (item.type === "header") this.#beginEntry(item.header, items);
      else if (item.type === "end") this.#endEntry(items);
      else {
        const open = this.#single ?? this.#pieces!;
        open.size += item.bytes.length;
        items.push(item);
      }
    }
  }

  /**
   * The volume has come to its end. Returns what had to wait for that.
   * @param isLast of its set: that one may be empty, as a resumed backup of stock leaves it.
   */
  endVolume(isLast = false): DifftarItem[] {
    this.#tar.finish();
    // Stock stops reading the set at such a volume and says nothing (spec 3.2).
    if (this.#entries === 0 && this.#volume > 1 && !isLast) this.#fail("it holds no entries, which only the first volume may");
    return this.#takeHeld();
  }

  /** All volumes have come. Returns the end of an entry in pieces, if one is open. @throws format.bad-set */
  finish(): DifftarItem[] {
    const items = this.#takeHeld();
    this.#endPieces(items);
    return items;
  }

  #takeHeld(): DifftarItem[] {
    const items = this.#held;
    this.#held = [];
    return items;
  }

  #beginEntry(header: TarHeader, items: DifftarItem[]): void {
    this.#entries++;
    const name = parseEntryName(header.name, PREFIXES, header.type === "5", true);
    if (typeof name === "string") this.#failEntry(header.name, name);
    const { path, piece } = name;
    const kind = KIND[name.prefix]!;
    if (piece !== undefined) {
      this.#beginPiece(header, path, kind, piece, items);
      return;
    }
    this.#endPieces(items);
    this.#checkOrder(path);
    if (kind === "diff" && header.type !== "0") this.#failEntry(path, "it is a delta of something that is not a file");
    if (kind === "deleted" && (path === "" || (header.type === "0" && header.size > 0)))
      this.#failEntry(path, path === "" ? "it deletes the root" : "it is deleted and has content");
    const entry = kind === "deleted" ? deletedEntry(path) : entryOf(path, header);
    this.#single = { size: 0 };
    items.push({ type: "entry", kind, entry, multivol: false });
  }

  #beginPiece(header: TarHeader, path: BytePath, kind: DifftarKind, piece: number, items: DifftarItem[]): void {
    if (header.type !== "0") this.#failEntry(path, "it is a piece of something that is not a file");
    const full = header.size === STOCK_PIECE;
    const open = this.#pieces;
    if (open !== undefined && open.path === path && open.kind === kind) {
      if (piece !== open.last + 1) this.#failEntry(path, `piece ${piece} comes where ${open.last + 1} should`);
      open.last = piece;
      open.allFull &&= full;
      return;
    }
    this.#endPieces(items);
    this.#checkOrder(path);
    // Pieces of the first entry after a gap may lie in a volume that was not read.
    const mayLack = this.#afterGap && this.#entries === 1;
    if (piece !== 1 && !(mayLack && piece > 1)) this.#failEntry(path, `its first piece is number ${piece}`);
    this.#pieces = { path, kind, first: piece, last: piece, size: 0, allFull: full };
    items.push({ type: "entry", kind, entry: entryOf(path, header), multivol: true });
  }

  #endEntry(items: DifftarItem[]): void {
    if (this.#single === undefined) return; // a piece: more may follow
    items.push({ type: "end", size: this.#single.size, complete: true });
    this.#single = undefined;
  }

  #endPieces(items: DifftarItem[]): void {
    const open = this.#pieces;
    if (open === undefined) return;
    this.#pieces = undefined;
    // A resumed backup of stock leaves a file so when the source had shrunk or gone (spec 3.6).
    if (open.allFull && !this.#partial)
      this.#failEntry(open.path, `it was cut short after ${open.size} bytes when it was backed up`);
    items.push({ type: "end", size: open.size, complete: open.first === 1 && !open.allFull });
  }

  #checkOrder(path: BytePath): void {
    const problem = this.#order.check(path);
    if (problem !== undefined) this.#failEntry(path, problem);
  }

  #failEntry(path: string, problem: string): never {
    this.#fail(`the entry ${displayPath(path as BytePath)} is not sound: ${problem}`);
  }

  #fail(reason: string): never {
    throw new DoppelError(
      "format.bad-set",
      `volume ${this.#volume} of ${this.#set} cannot be used: ${reason}; restore another point in time, or single paths from other volumes`,
      { set: this.#set, reason },
    );
  }
}
