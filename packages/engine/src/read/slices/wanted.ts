import { type BytePath, comparePaths, DoppelError, isWithin } from "@doppel/base";
import { type BackupSet, type IndexedEntry, type IndexedVolume, type SetId, SetIndexReader } from "@doppel/format";
import type { ByteStream } from "@doppel/base";

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

/**
 * Reads an index for one path. Undefined when there is too much below it.
 * @throws format.bad-index when it is damaged, or another set's
 */
export async function wantedOf(index: ByteStream, set: BackupSet, path: BytePath): Promise<Wanted | undefined> {
  const reader = new SetIndexReader();
  const records: IndexedEntry[] = [];
  const volumes = new Map<number, IndexedVolume>();
  let next: IndexedEntry | undefined;
  for await (const chunk of index) {
    for (const item of reader.update(chunk)) {
      if (item.type === "head") refuseOther(item.set, set.id);
      else if (item.type === "volume") volumes.set(item.record.number, item.record);
      else if (item.type === "entry" && isWithin(item.record.entry.path, path)) records.push(item.record);
      else if (item.type === "entry" && !next && comparePaths(item.record.entry.path, path) > 0) next = item.record;
    }
    if (records.length > MOST_RECORDS) return undefined;
  }
  reader.finish();
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
        throw bad(`it contradicts itself about volume ${number}`);
      return { volume, from, to };
    });
}

function refuseOther(found: SetId, expected: SetId): void {
  const isSame = (["start", "end"] as const).every((time) => found[time].getTime() === expected[time].getTime());
  if (found.kind !== expected.kind || !isSame) throw bad("it is that of another set");
}

function bad(reason: string): DoppelError {
  return new DoppelError("format.bad-index", `the index cannot be used: ${reason}`, { line: 0, reason });
}
