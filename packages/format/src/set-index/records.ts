import type { BytePath, PathEntry } from "@doppel/base";
import type { DifftarKind } from "../difftar.ts";
import type { SetId } from "../names.ts";

/** Where a tar entry begins: byte `offset` of the tar stream of volume `volume`. */
export interface TarPlace {
  /** Number of the volume, from 1. */
  readonly volume: number;
  /** Of the first header that belongs to the entry, in bytes. */
  readonly offset: number;
}

/** What an index says of one path: exactly one record a path, in format order. */
export interface IndexedEntry {
  /** Whether all of it is stored, a delta, or that it is gone. */
  readonly kind: DifftarKind;
  /** As the tar header has it, but that `size` is always that of the whole content, also when a delta or pieces are stored. */
  readonly entry: PathEntry;
  /** SHA-256 of the whole content as of this set, 43 letters of base64url; only files that are not deleted have one. */
  readonly sha256?: string;
  /** One place for each piece: one, unless the file is cut. */
  readonly places: readonly TarPlace[];
}

/** How the pieces of a sealed volume lie in its object. */
export type VolumeLayout =
  | {
      readonly encoding: "gpg";
      /** RFC 4880 9.2. */
      readonly cipher: number;
      readonly sessionKey: Uint8Array;
      /** Where the encrypted packet begins: the length of the session key packets. */
      readonly messageStart: number;
      /** Bytes in the body of the encrypted packet, its version byte and the MDC included. */
      readonly bodyBytes: number;
      /** The encrypted packet has parts of 2^partBits bytes. */
      readonly partBits: number;
      readonly compressed: boolean;
      /** Bytes before the literal data packet (a one-pass signature). */
      readonly literalStart: number;
      /** The literal data packet has parts of 2^literalBits bytes, and a header of 6 bytes in its first. */
      readonly literalBits: number;
    }
  | { readonly encoding: "gzip"; readonly headerBytes: number }
  | { readonly encoding: "plain" };

/** A sealed volume as a row of pieces, each of which can be read without those before it. */
export interface IndexedVolume {
  /** From 1. */
  readonly number: number;
  /** Length of its tar stream. */
  readonly tarBytes: number;
  /** Bytes that each piece has before compression; the last has fewer. */
  readonly pieceBytes: number;
  /** Bytes of each piece as it is stored (before encryption, which keeps lengths). */
  readonly pieces: readonly number[];
  /** How pieces are found in the object. */
  readonly layout: VolumeLayout;
}

/** Lines of entries that can be read alone. */
export interface IndexBlock {
  /** Where its first line begins in the index, in bytes. It ends where the next one, or the contents, begin. */
  readonly offset: number;
  /** Path of its first entry. */
  readonly from: BytePath;
  /** Of its bytes, 43 letters of base64url. */
  readonly sha256: string;
}

/** What opens an encrypted object of the set that is no volume. */
export interface ObjectKey {
  /** Which one. */
  readonly object: "manifest" | "signatures";
  /** RFC 4880 9.2. */
  readonly cipher: number;
  /** As long as the cipher wants it. */
  readonly sessionKey: Uint8Array;
}

/** What the last line of an index tells: with it everything else in it can be found. */
export interface IndexEnd {
  /** The set that the index is of. */
  readonly set: SetId;
  /** How many lines of entries there are. */
  readonly entries: number;
  /** How many lines of volumes there are. */
  readonly volumes: number;
  /** How many blocks of entries there are. */
  readonly blocks: number;
  /** Length of the whole index, this line included. */
  readonly bytes: number;
  /** Where the contents begin: the byte behind the last entry. */
  readonly contents: number;
  /** Of the index's own pieces; a last one, in which it ends, is not among them. As those of a volume. */
  readonly pieceBytes: number;
  /** Bytes of each piece as it is stored. */
  readonly pieces: readonly number[];
  /** As in a volume; 0 where there is nothing of the kind. */
  readonly headerBytes: number;
  /** As in a volume's layout. */
  readonly literalStart: number;
  /** As in a volume's layout. */
  readonly literalBits: number;
  /** As in a volume's layout. */
  readonly compressed: boolean;
}

/** What stands behind the entries. */
export interface IndexContents {
  /** Ascending, without a gap. */
  readonly blocks: readonly IndexBlock[];
  /** By number. */
  readonly volumes: ReadonlyMap<number, IndexedVolume>;
  /** What opens the set's other objects, when it is encrypted. */
  readonly keys: readonly ObjectKey[];
}

/** What an index holds, in this order: its head, all entries, volumes, keys and blocks, its end. */
export type IndexItem =
  | { readonly type: "head"; readonly set: SetId }
  | { readonly type: "entry"; readonly record: IndexedEntry }
  | { readonly type: "volume"; readonly record: IndexedVolume }
  | { readonly type: "key"; readonly record: ObjectKey }
  | { readonly type: "block"; readonly record: IndexBlock }
  | { readonly type: "end"; readonly record: IndexEnd };
