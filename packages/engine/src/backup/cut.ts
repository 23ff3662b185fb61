/**
 * Where a volume ends and where a file is cut. V is the nominal volume size in bytes.
 *
 * - A file of at most V bytes is one tar entry, so that plain `tar x` restores it; only a larger file is cut, into
 *   pieces of V bytes, each piece but the last ending its volume.
 * - An entry is never cut by a volume's end. When it does not fit, a volume that is at least half full is closed before
 *   it; otherwise the volume runs over. So a volume stores at least V/2 (but for the last one, and the one before a
 *   large entry), and at most V/2 + V + headers + what compression in flight was underestimated by: under 2 V.
 */
export class VolumeCut {
  readonly #volumeBytes: number;

  constructor(volumeBytes: number) {
    this.#volumeBytes = volumeBytes;
  }

  /** Whether to close a non-empty volume that would store `estimated` bytes before an entry of `tarBytes`. */
  closeBefore(estimated: number, tarBytes: number): boolean {
    if (estimated >= this.#volumeBytes) return true;
    return estimated >= this.#volumeBytes / 2 && estimated + tarBytes > this.#volumeBytes;
  }
}

/** The pieces a file of `size` bytes is stored in: one means it is stored whole. */
export function pieceSizes(size: number, volumeBytes: number): { readonly count: number; sizeOf(piece: number): number } {
  const count = size <= volumeBytes ? 1 : Math.ceil(size / volumeBytes);
  return { count, sizeOf: (piece) => (piece < count ? Math.min(size, volumeBytes) : size - (count - 1) * volumeBytes) };
}

/**
 * Plain bytes per independently compressed piece: about 1 MiB (measured cost in size there: about 0.1 %), less for small
 * volumes so that what is in flight stays a small part of a volume.
 */
export function pieceBytesFor(volumeBytes: number): number {
  return Math.min(1 << 20, Math.max(1 << 16, Math.floor(volumeBytes / 16)));
}

/**
 * How many of the latest pieces a volume's size is estimated without (`SealWriterOptions.lag`): a quarter of a volume at most,
 * and as many as keep eight threads busy and more where volumes are of usual size.
 */
export function lagFor(volumeBytes: number): number {
  return Math.min(32, Math.max(1, Math.floor(volumeBytes / pieceBytesFor(volumeBytes) / 4)));
}
