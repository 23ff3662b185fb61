import { type BytePath, comparePaths, DoppelError, isDoppelError, isWithin, type PathEntry } from "@doppel/base";
import {
  type BackupSet,
  type DifftarItem,
  type DifftarKind,
  DifftarReader,
  type Manifest,
  type NamePrefixes,
  volumeName,
} from "@doppel/format";
import { fetchAhead } from "./fetch-ahead.ts";
import { fetchVolume, missing } from "./fetch.ts";
import type { ReadContext } from "./context.ts";
import type { UnsealOptions } from "./unseal.ts";
import type { UnsealWorkers } from "../workers/unseal.ts";

/** What one set says about one path. */
export interface LaneEntry {
  readonly kind: DifftarKind;
  readonly entry: PathEntry;
}

export interface LaneOptions {
  readonly set: BackupSet;
  /** Only the volumes in it are read. */
  readonly manifest: Manifest;
  /** Only this path and what is below it. */
  readonly wanted?: BytePath;
  /** Bytes that a fetched volume may take in memory before it goes to a file. */
  readonly memoryLimit: number;
  /** Where volumes are checked and unsealed; in this thread without. */
  readonly workers?: UnsealWorkers;
  readonly context: ReadContext;
  readonly onVolume: (name: string, number: number, size: number) => void;
}

/** The entries of one set in format order, over all its volumes, each with its content or delta. */
export class Lane implements AsyncDisposable {
  readonly #items: AsyncGenerator<readonly DifftarItem[]>;
  readonly #wanted: BytePath | undefined;
  #batch: readonly DifftarItem[] = [];
  #at = 0;
  /** Where the lane stands; undefined at its end (and before the first `next`). */
  current: LaneEntry | undefined;

  constructor(options: LaneOptions) {
    this.#wanted = options.wanted;
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
        return;
      }
      this.current = item;
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

async function* itemsOf({
  set,
  manifest,
  wanted,
  memoryLimit,
  workers,
  context,
  onVolume,
}: LaneOptions): AsyncGenerator<readonly DifftarItem[]> {
  const reader = new DifftarReader({ partial: wanted !== undefined, set: set.manifest ?? "the set" });
  const optionsOf = (number: number): UnsealOptions => context.unsealing(nameOf(set, number, context.prefixes), true);
  const fetched = fetchAhead(manifest.volumes, (info) =>
    fetchVolume(info, context, optionsOf(info.number), memoryLimit, workers),
  );
  for await (const { info, volume } of fetched) {
    const options = optionsOf(info.number);
    try {
      reader.beginVolume(info.number);
      for await (const chunk of volume.bytes()) yield checked(reader.update(chunk), set);
      yield checked(reader.endVolume(), set);
    } catch (error) {
      throw namingVolume(error, options.name);
    }
    onVolume(options.name, info.number, volume.size);
  }
  yield reader.finish();
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
