import type { BytePath, EntryType } from "@doppel/base";
import { folderEnd, folderOf, MAX_FOLDERS } from "../receipt/folder-of.ts";

/** Files of the source in one folder, and what of them this set stores. Sizes in bytes. */
export interface FolderTotals {
  /** undefined: all folders beyond the limit. */
  readonly folder: BytePath | undefined;
  readonly files: number;
  readonly bytes: number;
  readonly changedFiles: number;
  readonly changedBytes: number;
}

type Totals = { -readonly [K in keyof FolderTotals]: FolderTotals[K] };

/** Counts the source by folder, for the receipt. An entry costs a search for a slash: neighbours lie in the same folder. */
export class FolderTally {
  readonly #depth: number;
  readonly #totals = new Map<BytePath | undefined, Totals>();
  #folder: BytePath | undefined;
  #current: Totals | undefined;

  constructor(depth: number) {
    this.#depth = depth;
  }

  /**
   * An entry of the source. A folder without files is told, too: what should be mounted there may be missing.
   * @param stored bytes of its content, or of its delta, that volumes hold; undefined when it is unchanged
   */
  add({ path, type }: { readonly path: BytePath; readonly type: EntryType }, size: number, stored: number | undefined): void {
    if (type !== "file" && (type !== "dir" || path === "")) return;
    const totals = this.#of(path, type);
    if (type !== "file") return;
    totals.files++;
    totals.bytes += size;
    if (stored === undefined) return;
    totals.changedFiles++;
    totals.changedBytes += stored;
  }

  /** By the order in which they were met. */
  totals(): readonly FolderTotals[] {
    return [...this.#totals.values()];
  }

  #of(path: BytePath, type: EntryType): Totals {
    const end = folderEnd(path, type, this.#depth);
    if (this.#current && this.#folder?.length === end && path.startsWith(this.#folder)) return this.#current;
    const folder = folderOf(path, type, this.#depth);
    const known = this.#totals.get(folder);
    const key = known || this.#totals.size < MAX_FOLDERS ? folder : undefined;
    let totals = known ?? this.#totals.get(key);
    if (!totals) this.#totals.set(key, (totals = { folder: key, files: 0, bytes: 0, changedFiles: 0, changedBytes: 0 }));
    this.#folder = folder;
    this.#current = totals;
    return totals;
  }
}
