import { DoppelError } from "@doppel/base";
import { EntryOrder } from "../entry-name.ts";
import {
  BadRecord,
  checkVersion,
  type Line,
  parseBlock,
  parseEnd,
  parseEntry,
  parseKey,
  parseVolume,
  setOf,
} from "./parse-record.ts";
import type { IndexedEntry, IndexItem } from "./records.ts";

/** Above any real line: the pieces of a volume of 2 TiB. */
const LINE_LIMIT = 16 << 20;
const LF = 0x0a;

/**
 * Reads an index as it arrives: update…, then finish. Holds one line. Entries come first, in format order, each path once.
 * @throws format.bad-index; after it the reader is of no further use
 */
export class SetIndexReader {
  readonly #order = new EntryOrder();
  #rest: Buffer[] = [];
  #restLength = 0;
  #line = 0;
  #entries = 0;
  #volumes = 0;
  #blocks = 0;
  #state: "head" | "entries" | "contents" | "end" = "head";

  /** The items that `chunk` completes. It is not kept. */
  update(chunk: Uint8Array): readonly IndexItem[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const end = bytes.lastIndexOf(LF) + 1;
    const items: IndexItem[] = [];
    if (end > 0) {
      // One string for all lines: cutting a string is cheap, making one from bytes is not.
      const lines = Buffer.concat([...this.#rest, bytes.subarray(0, end)]).toString("latin1");
      [this.#rest, this.#restLength] = [[], 0];
      for (let from = 0; from < lines.length; ) {
        const to = lines.indexOf("\n", from);
        this.#line++;
        items.push(this.#item(lines.slice(from, to)));
        from = to + 1;
      }
    }
    if (end < bytes.length) {
      this.#restLength += bytes.length - end;
      if (this.#restLength > LINE_LIMIT) throw this.#bad("a line of absurd length");
      this.#rest.push(Buffer.from(bytes.subarray(end)));
    }
    return items;
  }

  /** All of it has come. @throws format.bad-index when it is cut off */
  finish(): void {
    if (this.#state !== "end" || this.#restLength > 0) throw this.#bad("it is cut off");
  }

  #item(line: string): IndexItem {
    try {
      const value = JSON.parse(line) as unknown;
      if (this.#state === "end") throw new BadRecord("something behind its end");
      if (Array.isArray(value)) return { type: "entry", record: this.#entry(value) };
      if (typeof value !== "object" || value === null) throw new BadRecord("a line that says nothing");
      return this.#state === "head" ? this.#head(value as Line) : this.#contents(value as Line);
    } catch (error) {
      if (error instanceof BadRecord || error instanceof SyntaxError) throw this.#bad(error.message);
      throw error;
    }
  }

  #head(line: Line): IndexItem {
    checkVersion(line);
    this.#state = "entries";
    return { type: "head", set: setOf(line) };
  }

  #entry(row: readonly unknown[]): IndexedEntry {
    if (this.#state !== "entries") throw new BadRecord("an entry before the head, or behind the contents");
    const record = parseEntry(row);
    const problem = this.#order.check(record.entry.path);
    if (problem !== undefined) throw new BadRecord(problem);
    this.#entries++;
    return record;
  }

  #contents(line: Line): IndexItem {
    this.#state = "contents";
    const item = contentsItem(line);
    if (item.type === "volume") this.#volumes++;
    if (item.type === "block") this.#blocks++;
    if (item.type === "end") {
      const { entries, volumes, blocks } = item.record;
      if (entries !== this.#entries || volumes !== this.#volumes || blocks !== this.#blocks)
        throw new BadRecord("more or fewer lines than its end tells");
      this.#state = "end";
    }
    return item;
  }

  #bad(reason: string): DoppelError {
    return badIndex(reason, this.#line);
  }
}

/** A line of the contents. @throws BadRecord */
export function contentsItem(line: Line): Exclude<IndexItem, { type: "head" | "entry" }> {
  if (line["end"] === true) return { type: "end", record: parseEnd(line) };
  if ("block" in line) return { type: "block", record: parseBlock(line) };
  if ("object" in line) return { type: "key", record: parseKey(line) };
  return { type: "volume", record: parseVolume(line) };
}

/**
 * The error for an index that is not as it has to be.
 * @param line counted from 1, where that is known
 */
export function badIndex(reason: string, line = 0): DoppelError {
  const where = line > 0 ? ` in line ${line}` : "";
  return new DoppelError("format.bad-index", `the index is damaged${where}: ${reason}`, { line, reason });
}
