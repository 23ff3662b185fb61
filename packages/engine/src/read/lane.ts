import {
  type BytePath,
  type ByteStream,
  comparePaths,
  DoppelError,
  displayPath,
  isWithin,
  type PathEntry,
  ROOT,
} from "@doppel/base";
import {
  type BackupSet,
  type DifftarItem,
  type IndexedEntry,
  type DifftarKind,
  DifftarReader,
  type Manifest,
  type NamePrefixes,
  type VolumeInfo,
  volumeName,
} from "@doppel/format";
import { RecordCheck } from "./slices/record-check.ts";
import { fetchAhead } from "./fetch-ahead.ts";
import { fetchVolume, missing } from "./fetch.ts";
import type { ReadContext } from "./context.ts";
import { isLoss, type LostVolume, type PathRange, unreadable } from "./lost/loss.ts";
import { type Survival, survivingItems } from "./lost/surviving.ts";
import type { Proofs } from "./proofs.ts";
import type { Volume } from "./volume.ts";
import { volumeItems } from "./volume-items.ts";
import type { UnsealWorkers } from "../workers/unseal.ts";

/** What one set says about one path. */
export interface LaneEntry {
  /** "lost": a file, or a delta of one, whose content is in a volume that cannot be used. */
  readonly kind: DifftarKind | "lost";
  readonly entry: PathEntry;
  /** Of the file's whole content as of this set, where that is known. */
  readonly sha256?: Uint8Array;
}

/** What a lane reads. "gap": what the set says of paths in `ranges`, which ascend, is not known, but for those that are entries. */
export type LaneItem =
  | DifftarItem
  | { readonly type: "entry"; readonly kind: "lost"; readonly entry: PathEntry; readonly multivol: false }
  | { readonly type: "gap"; readonly ranges: readonly PathRange[] };

/** A volume, or part of one that begins and ends with an entry. */
export interface LanePart {
  readonly number: number;
  readonly name: string;
  /** What its manifest says it holds; absent for part of a volume, beside which a lane cannot go on. */
  readonly bounds?: PathRange;
  /** Stored bytes. */
  readonly size: number;
  /** Its tar bytes, checked, or else the lane's `records` are there to check them by. */
  readonly bytes: () => ByteStream;
}

export interface LaneOptions {
  readonly set: BackupSet;
  /** In order. */
  readonly parts: Iterable<LanePart | LostVolume> | AsyncIterable<LanePart | LostVolume>;
  /** What must come, and nothing else: everything at `wanted` and below it. */
  readonly records?: readonly IndexedEntry[];
  /** Only these paths and what is below them; ascending, none below another. */
  readonly wanted?: readonly BytePath[];
  /** Go on beside lost volumes; without it the first one is an error. */
  readonly survival?: Survival;
  readonly onVolume: (name: string, number: number, size: number) => void;
  /** What proves files that are put together from this set's deltas; asked for with the first of them. */
  readonly openProofs?: () => Promise<Proofs | undefined>;
  /** A file is not what its proof says. What it throws ends the reading. */
  readonly onContradiction?: (path: BytePath) => void;
}

/** The entries of one set in format order, over all its volumes, each with its content or delta. */
export class Lane implements AsyncDisposable {
  readonly #items: AsyncGenerator<readonly LaneItem[]>;
  readonly #wanted: readonly BytePath[] | undefined;
  /** Those before it lie behind us. */
  #wantedAt = 0;
  readonly #records: RecordCheck | undefined;
  #batch: readonly LaneItem[] = [];
  #at = 0;
  /** Lie before `current`. */
  #gaps: readonly PathRange[] = [];
  #passedGaps = 0;
  #failure: { readonly error: unknown } | undefined;
  readonly #openProofs: LaneOptions["openProofs"];
  #proofs: Promise<Proofs | undefined> | undefined;
  readonly #onContradiction: LaneOptions["onContradiction"];
  /** Where the lane stands; undefined at its end (and before the first `next`). */
  current: LaneEntry | undefined;

  constructor(options: LaneOptions) {
    this.#wanted = options.wanted;
    this.#records = options.records && new RecordCheck(options.records);
    const { survival } = options;
    this.#openProofs = options.openProofs;
    this.#onContradiction = options.onContradiction;
    this.#items = survival ? survivingItems({ ...options, ...survival }) : itemsOf(options);
  }

  /** Goes to the next entry, passing over what is left of this one. */
  async next(): Promise<void> {
    this.#setGaps([]);
    for (;;) {
      const item = await this.#take();
      if (item?.type === "gap") this.#setGaps(item.ranges);
      if (item && item.type !== "entry") continue;
      const place = item && this.#placeOf(item.entry.path);
      if (place === "before") {
        this.#setGaps([]);
        continue;
      }
      if (place === "behind") {
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

  /**
   * Whether the set may have had a word about `path`, which lies before `current`, in a volume that is lost. Asked for
   * ascending paths.
   */
  isUnsureOf(path: BytePath): boolean {
    const gaps = this.#gaps;
    while (this.#passedGaps < gaps.length && comparePaths(gaps[this.#passedGaps]!.end, path) < 0) this.#passedGaps++;
    const gap = gaps[this.#passedGaps];
    return gap !== undefined && comparePaths(gap.start, path) <= 0;
  }

  /** The content of the current entry, once. @throws volume.damaged when pieces of it are missing */
  async *content(): AsyncGenerator<Uint8Array> {
    const path = this.current?.entry.path ?? ROOT;
    for (;;) {
      const item = await this.#take();
      if (!item || item.type === "entry" || item.type === "gap") throw new Error("an entry has no end");
      if (item.type === "data") {
        yield item.bytes;
        continue;
      }
      if (item.complete) return;
      const reason = "pieces of it are missing";
      const message = `${displayPath(path)}: ${reason}: its manifest does not name all of its volumes, or they are lost`;
      throw new DoppelError("volume.damaged", message, { name: "", reason });
    }
  }

  /** SHA-256 of the file at `path` as of this set, where something besides its volumes tells. Asked for ascending paths. */
  async proofOf(path: BytePath): Promise<Uint8Array | undefined> {
    return (await (this.#proofs ??= this.#openProofs?.()))?.digestOf(path);
  }

  /** What was put together at `path` is not what `proofOf` says. */
  contradict(path: BytePath): void {
    this.#onContradiction?.(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#items.return(undefined);
    await (await this.#proofs?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  /** Where a path, none of which is smaller than the last one, lies in what is wanted; "before" also between two. */
  #placeOf(path: BytePath): "within" | "before" | "behind" {
    if (this.#wanted === undefined) return "within";
    for (; this.#wantedAt < this.#wanted.length; this.#wantedAt++) {
      const wanted = this.#wanted[this.#wantedAt]!;
      if (isWithin(path, wanted)) return "within";
      if (comparePaths(path, wanted) < 0) return "before";
    }
    return "behind";
  }

  #setGaps(ranges: readonly PathRange[]): void {
    [this.#gaps, this.#passedGaps] = [ranges, 0];
  }

  async #take(): Promise<LaneItem | undefined> {
    if (this.#failure) throw this.#failure.error; // or it would look like the end of the set
    while (this.#at === this.#batch.length) {
      const { value, done } = await this.#nextBatch();
      if (done) return undefined;
      this.#batch = value;
      this.#at = 0;
    }
    return this.#batch[this.#at++];
  }

  async #nextBatch(): Promise<IteratorResult<readonly LaneItem[], undefined>> {
    try {
      return await this.#items.next();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}

async function* itemsOf({ set, parts, wanted, onVolume }: LaneOptions): AsyncGenerator<readonly LaneItem[]> {
  const reader = new DifftarReader({ partial: wanted !== undefined, set: set.manifest ?? "the set" });
  for await (const part of parts) {
    if ("error" in part) throw part.error;
    yield* volumeItems(reader, part, set);
    onVolume(part.name, part.number, part.size);
  }
  yield reader.finish();
}

export interface FetchOptions {
  /** Bytes that a fetched volume may take in memory before it goes to a file. */
  readonly memoryLimit: number;
  /** Where volumes are checked and unsealed; asked when the first one is fetched. In this thread without. */
  readonly workers: () => UnsealWorkers | undefined;
  /** Numbers of volumes that by their bounds hold nothing that is wanted. */
  readonly beside?: ReadonlySet<number>;
  /** For who goes on beside lost volumes: what another copy of the manifest says of a volume that is not what this one says; undefined: the same, or there is none. */
  readonly otherInfo?: (info: VolumeInfo) => Promise<VolumeInfo | undefined>;
}

/** The volumes of a manifest, each checked before a byte of it is used. */
export async function* wholeVolumes(
  set: BackupSet,
  manifest: Manifest,
  context: ReadContext,
  { memoryLimit, workers, beside, otherInfo }: FetchOptions,
): AsyncGenerator<LanePart | LostVolume> {
  const fetch = async (info: VolumeInfo): Promise<Fetched> => {
    const { number, start, end } = info;
    const name = nameOf(set, number, context.prefixes);
    const bounds = { start: start.path, end: end.path };
    const options = context.unsealing(name);
    try {
      if (!set.volumes.has(number)) throw missing(name);
      const get = (by: VolumeInfo): Promise<Volume> => fetchVolume(by, context, options, memoryLimit, workers());
      const volume = await get(info).catch(async (error: unknown) => {
        const other = isLoss(error) ? await otherInfo?.(info) : undefined;
        if (!other) throw error;
        return get(other);
      });
      const part = { number, name, bounds, size: volume.size, bytes: () => volume.bytes() };
      return { part, [Symbol.asyncDispose]: () => volume[Symbol.asyncDispose]() };
    } catch (error) {
      const loss = isLoss(error) ? error : otherInfo && unreadable(error, name);
      if (!loss) throw error;
      const lost = { number, name, bounds, error: loss, ...(beside?.has(number) && { beside: true }) };
      return { part: lost, async [Symbol.asyncDispose]() {} };
    }
  };
  for await (const { volume } of fetchAhead(manifest.volumes, fetch)) yield volume.part;
}

interface Fetched extends AsyncDisposable {
  readonly part: LanePart | LostVolume;
}

/** @throws volume.missing before anything is read, for every volume that will be wanted */
export function checkVolumes(set: BackupSet, manifest: Manifest, prefixes: NamePrefixes): void {
  for (const error of missingVolumes(set, manifest, prefixes)) throw error;
}

/** An error for each volume that the manifest names and the target does not have. */
export function* missingVolumes(set: BackupSet, manifest: Manifest, prefixes: NamePrefixes): Generator<DoppelError> {
  for (const { number } of manifest.volumes) if (!set.volumes.has(number)) yield missing(nameOf(set, number, prefixes));
}

/** The name that the volume has, or should have. */
function nameOf(set: BackupSet, number: number, prefixes: NamePrefixes): string {
  return set.volumes.get(number) ?? volumeName(set.id, number, set.encoding, prefixes);
}
