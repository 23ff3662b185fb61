import type { PathEntry } from "@doppel/base";
import type { DifftarKind } from "../difftar.ts";
import type { SetId } from "../names.ts";

/** Where a tar entry begins: byte `offset` of the tar stream of volume `volume`. */
export interface TarPlace {
  readonly volume: number;
  readonly offset: number;
}

/** What an index says of one path: exactly one record a path, in format order. */
export interface IndexedEntry {
  readonly kind: DifftarKind;
  /** As the tar header has it, but that `size` is always that of the whole content, also when a delta or pieces are stored. */
  readonly entry: PathEntry;
  /** SHA-256 of the whole content as of this set, 32 bytes; only files that are not deleted have one. */
  readonly sha256?: Uint8Array;
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
  readonly number: number;
  /** Length of its tar stream. */
  readonly tarBytes: number;
  /** Bytes that each piece has before compression; the last has fewer. */
  readonly pieceBytes: number;
  /** Bytes of each piece as it is stored (before encryption, which keeps lengths). */
  readonly pieces: readonly number[];
  readonly layout: VolumeLayout;
}

/** What an index holds, in this order: its head, all entries and all volumes, its end. */
export type IndexItem =
  | { readonly type: "head"; readonly set: SetId }
  | { readonly type: "entry"; readonly record: IndexedEntry }
  | { readonly type: "volume"; readonly record: IndexedVolume }
  | { readonly type: "end" };
