import { hash } from "node:crypto";
import type { PathEntry } from "@doppel/base";
import { difftarHeader, indexAttributes, tarPadding } from "@doppel/format";
import type { SourceEntry } from "@doppel/tree";
import { readSmall, SMALL } from "./file.ts";
import { countNew, type StoreContext } from "./store-entry.ts";

/**
 * Stores a new file that fits into the batch: it is read to where it will lie in the tar archive, its header is written
 * before it, and its sums are made of it there, each in one call.
 * @returns false when it does not fit: nothing has been done
 */
export function storeSmall(entry: SourceEntry, { batcher, signatures, volumeBytes }: StoreContext): boolean {
  if (entry.size > Math.min(SMALL, volumeBytes)) return false;
  const expected = difftarHeader("snapshot", entry);
  const begin = expected.length;
  // One byte more than expected, to see when there is more; padding takes the same place.
  const room = batcher.room(begin + entry.size + Math.max(1, tarPadding(entry.size)), signatures.roomFor(entry));
  if (!room) return false;
  const read = readSmall(entry, room.subarray(begin, begin + entry.size + 1), (notice) => batcher.notice(notice));
  if (read === undefined) return true;
  if (read.size > entry.size) return false;
  const stored: PathEntry = read.size === entry.size ? entry : { ...entry, size: read.size };
  const end = begin + read.size;
  const tarBytes = end + tarPadding(read.size);
  const bytes = room.subarray(begin, end);
  batcher.mark({
    tarBytes,
    path: entry.path,
    type: entry.type,
    change: "new",
    size: read.size,
    attributes: indexAttributes("snapshot", stored),
    lastPiece: true,
    endsVolume: false,
  });
  room.set(stored === entry ? expected : difftarHeader("snapshot", stored));
  room.fill(0, end, tarBytes);
  batcher.commit(tarBytes);
  signatures.whole(stored, bytes);
  batcher.digest(hash("sha256", bytes, "binary"));
  countNew(batcher, entry, read.size);
  batcher.counts.contentBytes += read.size;
  if (read.outcome) batcher.notice(read.outcome);
  return true;
}
