import { type BytePath, type ByteStream, comparePaths, DoppelError, isDoppelError, isWithin, type PathEntry } from "@doppel/base";
import {
  type BackupSet,
  type DifftarItem,
  type IndexedEntry,
  type DifftarKind,
  DifftarReader,
  type Manifest,
  type NamePrefixes,
  volumeName,
} from "@doppel/format";
import { RecordCheck } from "./slices/record-check.ts";
import { fetchAhead } from "./fetch-ahead.ts";
import { fetchVolume, missing } from "./fetch.ts";
import type { ReadContext } from "./context.ts";
import { unseal, type UnsealOptions } from "./unseal.ts";

/** What one set says about one path. */
export interface LaneEntry {
  readonly kind: DifftarKind;
  readonly entry: PathEntry;
  /** Of the file's whole content as of this set, where that is known. */
  readonly sha256?: Uint8Array;
}

/** A volume, or part of one that begins and ends with an entry. */
export interface LanePart {
  readonly number: number;
  readonly name: string;
  /** Stored bytes. */
  readonly size: number;
  /** Its tar bytes, checked, or else the lane's `records` are there to check them by. */
  readonly bytes: () => ByteStream;
}

export interface LaneOptions {
  readonly set: BackupSet;
  /** In order. */
  readonly parts: Iterable<LanePart> | AsyncIterable<LanePart>;
  /** What must come, and nothing else: everything at `wanted` and below it. */
  readonly records?: readonly IndexedEntry[];
  /** Only this path and what is below it. */
  readonly wanted?: BytePath;
  readonly onVolume: (name: string, number: number, size: number) => void;
}

/** The entries of one set in format order, over all its volumes, each with its content or delta. */
export class Lane implements AsyncDisposable {
  readonly #items: AsyncGenerator<readonly DifftarItem[]>;
  readonly #wanted: BytePath | undefined;
  readonly #records: RecordCheck | undefined;
  #batch: readonly DifftarItem[] = [];
  #at = 0;
  /** Where the lane stands; undefined at its end (and before the first `next`). */
  current: LaneEntry | undefined;

  constructor(options: LaneOptions) {
    this.#wanted = options.wanted;
    this.#records = options.records && new RecordCheck(options.records);
    this.#items = itemsOf(options);
  }

  /** Goes to the next entry, passing over what is left of this one. */
  async next(): Promise<void> {
    for (;;) {
      const item = await this.#take();
      if (item && item.type !== "entry") continue;
      if (item && this.#wanted !== undefined && !isWithin(item.entry.path, this.#wanted)) {
        if (comparePaths(item.entry.path, this.#wanted) < 0) continue;
        await this.#items.return(undefined); // entries are in order: what is wanted lies behind us
        [this.#batch, this.#at, this.current] = [[], 0, undefined];
        this.#records?.end();
        return;
      }
      this.current = item && this.#records ? this.#records.check(item) : item;
      if (!item) this.#records?.end();
      return;
    }
  }

  /** The content of the current entry, once. @throws volume.damaged when pieces of it are missing */
  async *content(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const item = await this.#take();
      if (!item || item.type === "entry") throw new Error("an entry has no end");
      if (item.type === "data") {
        yield item.bytes;
        continue;
      }
      if (item.complete) return;
      const reason = "pieces of a file are missing";
      throw new DoppelError("volume.damaged", `${reason}: its manifest does not name all of its volumes`, { name: "", reason });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#items.return(undefined);
  }

  async #take(): Promise<DifftarItem | undefined> {
    while (this.#at === this.#batch.length) {
      const { value, done } = await this.#items.next();
      if (done) return undefined;
      this.#batch = value;
      this.#at = 0;
    }
    return this.#batch[this.#at++];
  }
}

async function* itemsOf({ set, parts, wanted, onVolume }: LaneOptions): AsyncGenerator<readonly DifftarItem[]> {
  const reader = new DifftarReader({ partial: wanted !== undefined, set: set.manifest ?? "the set" });
  for await (const { number, name, size, bytes } of parts) {
    try {
      reader.beginVolume(number);
      for await (const chunk of bytes()) yield checked(reader.update(chunk), set);
      yield checked(reader.endVolume(), set);
    } catch (error) {
      throw namingVolume(error, name);
    }
    onVolume(name, number, size);
  }
  yield reader.finish();
}

/** The volumes of a manifest, each checked before a byte of it is used. `memoryLimit`: what a fetched one may take of memory. */
export async function* wholeVolumes(
  set: BackupSet,
  manifest: Manifest,
  memoryLimit: number,
  context: ReadContext,
): AsyncGenerator<LanePart> {
  const optionsOf = (number: number): UnsealOptions => context.unsealing(nameOf(set, number, context.prefixes), true);
  const fetched = fetchAhead(manifest.volumes, (info) => fetchVolume(info, context, optionsOf(info.number), memoryLimit));
  for await (const { info, sealed } of fetched) {
    const options = optionsOf(info.number);
    yield { number: info.number, name: options.name, size: sealed.size, bytes: () => unseal(sealed, options) };
  }
}

/** A full set has nothing to delete or to build upon: such entries have no meaning there, and must not be passed over. */
function checked(items: readonly DifftarItem[], set: BackupSet): readonly DifftarItem[] {
  if (set.id.kind !== "full") return items;
  for (const item of items) {
    if (item.type !== "entry" || item.kind === "snapshot") continue;
    const reason = `a full set holds a "${item.kind}" entry, which has no meaning there`;
    throw new DoppelError("format.bad-set", reason, { set: "full", reason });
  }
  return items;
}

/** @throws volume.missing before anything is read, for every volume that will be wanted */
export function checkVolumes(set: BackupSet, manifest: Manifest, prefixes: NamePrefixes): void {
  for (const { number } of manifest.volumes) nameOf(set, number, prefixes);
}

function nameOf(set: BackupSet, number: number, prefixes: NamePrefixes): string {
  const name = set.volumes.get(number);
  if (name === undefined) throw missing(volumeName(set.id, number, set.encoding, prefixes));
  return name;
}

function namingVolume(error: unknown, name: string): unknown {
  if (!isDoppelError(error, "format.bad-tar") && !isDoppelError(error, "format.bad-set")) return error;
  const where = isDoppelError(error, "format.bad-tar") ? ` at byte ${error.data.offset} of its tar archive` : "";
  const message = `${name} is damaged${where}: ${error.data.reason}; nothing behind this place was used. Fetch it again or restore another backup with --time`;
  return new DoppelError("volume.damaged", message, { name, reason: error.data.reason }, error);
}
