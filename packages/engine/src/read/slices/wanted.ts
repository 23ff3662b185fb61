import { type BytePath, comparePaths, isWithin } from "@doppel/base";
import { badIndex, blocksFor, type IndexedEntry, type IndexedVolume } from "@doppel/format";
import type { IndexFile } from "./index-file.ts";

/** The tar bytes of one volume that were asked for. */
export interface VolumePart {
  readonly volume: IndexedVolume;
  readonly from: number;
  readonly to: number;
}

/** What an index says of a path and all that is below it. */
export interface Wanted {
  /** In format order. */
  readonly records: readonly IndexedEntry[];
  /** Where they are, in order of volumes. */
  readonly parts: readonly VolumePart[];
}

/** More than these are no few files: reading whole volumes is as good, and the records would have to be held in memory. */
const MOST_RECORDS = 10_000;
/** As lines, which are held too; that many records have half of it. */
const MOST_BYTES = 4 << 20;

/**
 * What an index says of one path, from the blocks that can hold it. Undefined when there is too much below it.
 * @throws format.bad-index, storage.*
 */
export async function wantedOf(index: IndexFile, path: BytePath): Promise<Wanted | undefined> {
  const { blocks, volumes } = index.contents;
  const place = (found: BytePath): number => (isWithin(found, path) ? 0 : comparePaths(found, path));
  const { first, end } = blocksFor(blocks, place);
  if (index.bytesOf(first, end) > MOST_BYTES) return undefined;
  const entries = await index.entries(first, end);
  const records = entries.filter(({ entry }) => place(entry.path) === 0);
  if (records.length > MOST_RECORDS) return undefined;
  const isBehind = ({ entry }: IndexedEntry): boolean => place(entry.path) > 0;
  let next = entries.find(isBehind);
  if (!next && records.length > 0 && end < blocks.length) [next] = await index.entries(end, end + 1);
  return { records, parts: partsOf(records, next, volumes) };
}

/** Entries lie one after another, so in each volume one part holds all that were asked for. */
function partsOf(
  records: readonly IndexedEntry[],
  next: IndexedEntry | undefined,
  volumes: ReadonlyMap<number, IndexedVolume>,
): readonly VolumePart[] {
  const starts = new Map<number, number>();
  for (const { volume, offset } of records.flatMap(({ places }) => places))
    starts.set(volume, Math.min(offset, starts.get(volume) ?? offset));
  const end = next?.places[0];
  return [...starts]
    .sort(([a], [b]) => a - b)
    .map(([number, from]) => {
      const volume = volumes.get(number);
      const to = end?.volume === number ? end.offset : volume?.tarBytes;
      if (!volume || to === undefined || from >= to || to > volume.tarBytes)
        throw badIndex(`it contradicts itself about volume ${number}`);
      return { volume, from, to };
    });
}
