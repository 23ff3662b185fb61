/** What a compressing thread is started with. */
export interface CompressWorkerInput {
  /** Bytes of the largest piece. */
  readonly capacity: number;
}

/** One piece of a DEFLATE stream, to be compressed in place. Its memory goes along, and comes back. */
export interface CompressRequest {
  readonly slot: Uint8Array<ArrayBuffer>;
  readonly length: number;
  readonly level: number;
  readonly last: boolean;
}

/** The first `length` bytes of the slot are what the piece has become. */
export interface CompressedPiece {
  readonly slot: Uint8Array<ArrayBuffer>;
  readonly length: number;
}
