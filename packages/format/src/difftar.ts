import { type PathEntry, ROOT } from "@doppel/base";
import { deletedHeader, headerOf } from "./entry-name.ts";
import { encodeTarHeader } from "./tar/header.ts";

/** What an entry of a volume does to its path (spec 3.4). */
export type DifftarKind = "snapshot" | "diff" | "deleted";

/**
 * The header block or blocks of one entry of a volume. Its content, `entry.size` or `part.size` bytes and
 * {@link tarPadding}, follows; a `diff` has the size of its delta there, not that of the file.
 *
 * @param part makes it a piece, `multivol_`: pieces are numbered from 1 without a gap, and may lie in several volumes.
 *   A file must not consist of pieces of exactly 65536 bytes only: that is how a file that stock cut short looks (spec 3.6).
 * @throws RangeError for what the format cannot hold: a piece of something that is no file, a delta for something that is
 *   no file, the root deleted, negative numbers.
 */
export function difftarHeader(
  kind: DifftarKind,
  entry: PathEntry,
  part?: { readonly number: number; readonly size: number },
): Uint8Array {
  if (kind === "deleted") return encodeTarHeader(deletedHeader(entry.path));
  const { path, type } = entry;
  if (type !== "file" && (kind === "diff" || part !== undefined))
    throw new RangeError(`only files have deltas and pieces, not a ${type}`);
  if (part !== undefined) {
    const name = `multivol_${kind}/${path === ROOT ? "." : path}/${part.number}`;
    return encodeTarHeader(headerOf(name, entry, part.size));
  }
  // A directory at the root is `./`, a single file there is nothing at all (spec 3.4).
  const name = type === "dir" ? `${kind}/${path === ROOT ? "." : path}/` : `${kind}/${path}`;
  return encodeTarHeader(headerOf(name, entry, entry.size));
}
