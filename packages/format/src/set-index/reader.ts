import { DoppelError } from "@doppel/base";
import { EntryOrder } from "../entry-name.ts";
import type { SetId } from "../names.ts";
import { parseTime } from "../time.ts";
import { BadRecord, count, parseEntry, parseVolume } from "./parse-record.ts";
import type { IndexedEntry, IndexItem } from "./records.ts";
import { INDEX_VERSION } from "./write.ts";

/** Above any real line: the pieces of a volume of 2 TiB. */
const LINE_LIMIT = 16 << 20;
const LF = 0x0a;

/**
 * Reads an index as it arrives: update…, then finish. Holds one line. Volumes and entries come in any mixture; entries in
 * format order, each path once. @throws format.bad-index; after it the reader is of no further use
 */
export class SetIndexReader {
  readonly #order = new EntryOrder();
  #rest: Buffer[] = [];
  #restLength = 0;
  #line = 0;
  #entries = 0;
  #volumes = 0;
  #state: "head" | "body" | "end" = "head";

  /** The items that `chunk` completes. It is not kept. */
  update(chunk: Uint8Array): readonly IndexItem[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const items: IndexItem[] = [];
    let from = 0;
    for (let to = bytes.indexOf(LF); to >= 0; to = bytes.indexOf(LF, from)) {
      let line = bytes.toString("latin1", from, to);
      if (this.#rest.length > 0) line = Buffer.concat(this.#rest).toString("latin1") + line;
      [this.#rest, this.#restLength] = [[], 0];
      from = to + 1;
      this.#line++;
      items.push(this.#item(line));
    }
    if (from < bytes.length) {
      this.#restLength += bytes.length - from;
      if (this.#restLength > LINE_LIMIT) throw this.#bad("a line of absurd length");
      this.#rest.push(Buffer.from(bytes.subarray(from)));
    }
    return items;
  }

  finish(): void {
    if (this.#state !== "end" || this.#restLength > 0) throw this.#bad("it is cut off");
  }

  #item(line: string): IndexItem {
    try {
      const value = JSON.parse(line) as unknown;
      if (this.#state === "end") throw new BadRecord("something behind its end");
      if (typeof value !== "object" || value === null) throw new BadRecord("a line that says nothing");
      if (Array.isArray(value)) return { type: "entry", record: this.#entry(value) };
      return this.#line === 1 ? this.#head(value as Line) : this.#other(value as Line);
    } catch (error) {
      if (error instanceof BadRecord || error instanceof SyntaxError) throw this.#bad(error.message);
      throw error;
    }
  }

  #head(line: Line): IndexItem {
    if (line["index"] !== INDEX_VERSION) throw new BadRecord(`version ${String(line["index"])}, which is not known here`);
    this.#state = "body";
    return { type: "head", set: setOf(line) };
  }

  #entry(row: readonly unknown[]): IndexedEntry {
    if (this.#state === "head") throw new BadRecord("an entry before the head");
    const record = parseEntry(row);
    const problem = this.#order.check(record.entry.path);
    if (problem !== undefined) throw new BadRecord(problem);
    this.#entries++;
    return record;
  }

  #other(line: Line): IndexItem {
    if (line["end"] === true) {
      if (count(line["entries"]) !== this.#entries || count(line["volumes"]) !== this.#volumes)
        throw new BadRecord("more or fewer lines than its end tells");
      this.#state = "end";
      return { type: "end" };
    }
    const record = parseVolume(line);
    this.#volumes++;
    return { type: "volume", record };
  }

  #bad(reason: string): DoppelError {
    const message = `the index is damaged in line ${this.#line}: ${reason}`;
    return new DoppelError("format.bad-index", message, { line: this.#line, reason });
  }
}

type Line = Readonly<Record<string, unknown>>;

function setOf(line: Line): SetId {
  const time = (key: string): Date => {
    const value = line[key];
    const parsed = typeof value === "string" ? parseTime(value) : undefined;
    if (parsed === undefined) throw new BadRecord("no time in its head");
    return parsed;
  };
  if (line["kind"] === "full") return { kind: "full", start: time("time"), end: time("time") };
  if (line["kind"] === "inc") return { kind: "inc", start: time("start"), end: time("end") };
  throw new BadRecord("an unknown kind of set");
}
