import type { SerialisedError } from "./errors.ts";

/** What a compressing thread is started with. */
export interface CompressWorkerInput {
  /** Bytes of the largest piece. */
  readonly capacity: number;
}

/** One piece of a DEFLATE stream, to be compressed in place. */
export interface CompressRequest {
  readonly slot: Uint8Array<SharedArrayBuffer>;
  readonly length: number;
  readonly level: number;
  readonly last: boolean;
}

/** In the order of the requests: the compressed length. */
export type CompressReply = number | SerialisedError;
