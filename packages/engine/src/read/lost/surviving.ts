import { type BytePath, comparePaths, DoppelError, displayPath } from "@doppel/base";
import { type BackupSet, DifftarReader } from "@doppel/format";
import type { LaneItem, LanePart } from "../lane.ts";
import { volumeItems } from "../volume-items.ts";
import { isLoss, type LostVolume, type PathRange } from "./loss.ts";
import type { Roll, RollEntry } from "./roll.ts";

/** How a set is read although volumes of it are lost. */
export interface Survival {
  /** Called once, when the first volume is lost. */
  readonly openRoll: () => Promise<Roll | undefined>;
  /** `exactly`: which paths the volume held is known. */
  readonly onLost: (volume: LostVolume, exactly: boolean) => void;
}

export interface SurvivingOptions extends Survival {
  readonly set: BackupSet;
  /** In order. */
  readonly parts: Iterable<LanePart | LostVolume> | AsyncIterable<LanePart | LostVolume>;
  readonly onVolume: (name: string, number: number, size: number) => void;
}

/**
 * The entries of one set in format order, over those of its volumes that can be used. What lies between two of them, or
 * behind the last, is filled in from the set's roll: deleted paths and everything without content as they were, files as
 * "lost"; or, without a roll, told as a "gap". A file that a lost volume holds a piece of ends incomplete, or is "lost".
 */
export async function* survivingItems(options: SurvivingOptions): AsyncGenerator<readonly LaneItem[]> {
  const { set, parts, onVolume } = options;
  await using filler = new Filler(options);
  let reader: DifftarReader | undefined; // of one stretch of volumes without a gap
  for await (const part of parts) {
    if ("error" in part) {
      yield await filler.lose(part, reader);
      reader = undefined;
      continue;
    }
    reader ??= new DifftarReader({ partial: true, set: set.manifest ?? "the set" });
    const items = volumeItems(reader, part, set);
    for (;;) {
      let read: IteratorResult<readonly LaneItem[]>;
      try {
        read = await items.next();
      } catch (error) {
        // Its hash is right: so it was made. What came out of it before this place is used.
        const { number, name, bounds } = part;
        if (!isLoss(error) || !bounds) throw error;
        const start = filler.last ?? bounds.start;
        yield await filler.lose({ number, name, bounds: { start, end: bounds.end }, error }, undefined);
        reader = undefined;
        break;
      }
      if (read.done) {
        onVolume(part.name, part.number, part.size);
        break;
      }
      yield* filler.pass(read.value);
    }
  }
  if (reader) yield* filler.pass(reader.finish());
  yield* filler.fill(undefined);
}

class Filler implements AsyncDisposable {
  readonly #options: Survival;
  #roll: Roll | undefined;
  #rollWasOpened = false;
  #entries: AsyncGenerator<readonly RollEntry[]> | undefined;
  #batch: readonly RollEntry[] = [];
  #at = 0;
  /** Of the volumes that are lost between `last` and what comes next. */
  #gaps: PathRange[] = [];
  #isOpen = false;
  #suppresses = false;
  /** The path of the last entry that was passed on or filled in. */
  last: BytePath | undefined;

  constructor(options: Survival) {
    this.#options = options;
  }

  /** What ends the file in hand. `reader`: that of the volumes before, if it is still of use. */
  async lose(volume: LostVolume, reader: DifftarReader | undefined): Promise<readonly LaneItem[]> {
    this.#gaps.push(volume.bounds);
    if (!this.#rollWasOpened) this.#roll = await this.#options.openRoll();
    this.#rollWasOpened = true;
    this.#options.onLost(volume, this.#roll !== undefined);
    if (!this.#isOpen) return [];
    this.#isOpen = false;
    if (this.#suppresses) {
      this.#suppresses = false;
      return [];
    }
    // Where the lost volume begins with another path, nothing of this file is in it.
    const isWhole = reader && comparePaths(volume.bounds.start, this.last!) > 0;
    return isWhole ? reader.finish() : [{ type: "end", size: 0, complete: false }];
  }

  /** The items of a volume, with what belongs before them. */
  async *pass(items: readonly LaneItem[]): AsyncGenerator<readonly LaneItem[]> {
    if (this.#gaps.length === 0 && !this.#suppresses) {
      this.#passWhole(items);
      yield items;
      return;
    }
    const out: LaneItem[] = [];
    for (const item of items) {
      if (item.type === "entry") {
        const gap = this.#gaps.at(-1);
        out.push(...(gap ? yield* this.#resume(item, gap) : [item]));
        [this.last, this.#isOpen] = [item.entry.path, true];
      } else {
        if (!this.#suppresses) out.push(item);
        if (item.type === "end") [this.#isOpen, this.#suppresses] = [false, false];
      }
    }
    if (out.length > 0) yield out;
  }

  /** Where nothing is lost: only where these end matters. */
  #passWhole(items: readonly LaneItem[]): void {
    for (let at = items.length - 1, ends = false; at >= 0; at--) {
      const item = items[at]!;
      if (item.type === "end" && !ends) [ends, this.#isOpen] = [true, false];
      if (item.type !== "entry") continue;
      this.last = item.entry.path;
      if (!ends) this.#isOpen = true;
      return;
    }
  }

  /** What was in lost volumes before `next`; undefined: to the end of the set. */
  async *fill(next: BytePath | undefined): AsyncGenerator<readonly LaneItem[]> {
    const ranges = this.#gaps;
    this.#gaps = [];
    if (ranges.length === 0) return;
    if (!this.#roll) {
      yield [{ type: "gap", ranges }];
      return;
    }
    this.#entries ??= this.#roll.entries();
    for (;;) {
      const out: LaneItem[] = [];
      for (; this.#at < this.#batch.length; this.#at++) {
        const { kind, entry } = this.#batch[this.#at]!;
        if (next !== undefined && comparePaths(entry.path, next) >= 0) break;
        if (this.last !== undefined && comparePaths(entry.path, this.last) <= 0) continue;
        out.push({ type: "entry", kind, entry, multivol: false }, END);
        this.last = entry.path;
      }
      if (out.length > 0) yield out;
      if (this.#at < this.#batch.length) return;
      const { value, done } = await this.#entries.next();
      if (done) return;
      [this.#batch, this.#at] = [value, 0];
    }
  }

  /** For the first entry behind lost volumes (`gap`: the last), which nothing precedes in its volume: a piece of it may be in them. */
  async *#resume(
    item: Extract<LaneItem, { type: "entry" }>,
    gap: PathRange,
  ): AsyncGenerator<readonly LaneItem[], readonly LaneItem[]> {
    const { path } = item.entry;
    const [afterLast, afterGap] = [this.last === undefined ? 1 : comparePaths(path, this.last), comparePaths(path, gap.end)];
    if (afterLast < 0 || afterGap < 0 || (afterLast === 0 && afterGap > 0)) throw disordered(path);
    yield* this.fill(path);
    if (afterGap > 0) return [item];
    this.#suppresses = true;
    return afterLast === 0 ? [] : [{ type: "entry", kind: "lost", entry: item.entry, multivol: false }, END];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#entries?.return(undefined);
    await this.#roll?.[Symbol.asyncDispose]();
  }
}

const END: LaneItem = { type: "end", size: 0, complete: true };

function disordered(path: BytePath): DoppelError {
  const shown = displayPath(path);
  const reason = `${shown} lies in a volume behind the one that its manifest says it is in`;
  const message = `the set cannot be used beside lost volumes: ${reason}; restore another point in time`;
  return new DoppelError("format.bad-set", message, { set: "", reason });
}
