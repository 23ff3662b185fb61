import type { BytePath, EntryType } from "@doppel/base";
import type { IndexedVolume, TarPlace } from "@doppel/format";
import { folderEnd, folderOf, MAX_FOLDERS } from "./folder-of.ts";

/** From here on, up to the next run, a volume's tar bytes belong to a folder. */
interface Run {
  readonly offset: number;
  readonly folder: BytePath | undefined;
}

/** Bytes of tar, and of what became of them. */
interface Bytes {
  tar: number;
  stored: number;
}

/**
 * What compression makes of each folder. Nothing is compressed or measured for it: the pieces of a volume tell, and a piece in which two
 * folders meet counts for both by their shares. An entry costs a search for a slash.
 */
export class FolderRatios {
  readonly #depth: number;
  /** Of volumes that are not stored yet. */
  readonly #runs = new Map<number, Run[]>();
  readonly #bytes = new Map<BytePath | undefined, Bytes>();
  #volume = 0;
  #folder: BytePath | undefined;

  constructor(depth: number) {
    this.#depth = depth;
  }

  /** Where a tar entry begins. In the order of the volumes. */
  place({ path, type }: { readonly path: BytePath; readonly type: EntryType }, { volume, offset }: TarPlace): void {
    const end = folderEnd(path, type, this.#depth);
    const isSame = this.#folder?.length === end && path.startsWith(this.#folder);
    if (isSame && volume === this.#volume) return;
    this.#folder = isSame ? this.#folder : folderOf(path, type, this.#depth);
    this.#volume = volume;
    const run = { offset, folder: this.#known(this.#folder!) };
    const runs = this.#runs.get(volume);
    if (runs) runs.push(run);
    else this.#runs.set(volume, [run]);
  }

  /** How a volume's pieces came out. */
  stored({ number, tarBytes, pieceBytes, pieces }: IndexedVolume): void {
    const runs = this.#runs.get(number) ?? [];
    this.#runs.delete(number);
    runs.forEach(({ offset, folder }, i) => {
      const bytes = this.#bytes.get(folder)!;
      const end = runs[i + 1]?.offset ?? tarBytes;
      bytes.tar += end - offset;
      for (let at = offset; at < end; ) {
        const piece = Math.min(Math.floor(at / pieceBytes), pieces.length - 1);
        const begin = piece * pieceBytes;
        const next = piece === pieces.length - 1 ? tarBytes : begin + pieceBytes;
        const until = Math.min(end, next);
        bytes.stored += ((until - at) / (next - begin)) * pieces[piece]!;
        at = until;
      }
    });
  }

  /** Stored bytes for each byte of tar; undefined when nothing of the folder is in the volumes that were told of. */
  of(folder: BytePath): number | undefined {
    const bytes = this.#bytes.get(folder);
    return bytes && bytes.tar > 0 ? bytes.stored / bytes.tar : undefined;
  }

  #known(folder: BytePath): BytePath | undefined {
    const key = this.#bytes.has(folder) || this.#bytes.size < MAX_FOLDERS ? folder : undefined;
    if (!this.#bytes.has(key)) this.#bytes.set(key, { tar: 0, stored: 0 });
    return key;
  }
}
