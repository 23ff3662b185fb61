const MIB = 2 ** 20;
/** Of every part but the last. */
export const MIN_PART_BYTES = 5 * MIB;
export const MAX_PART_BYTES = 5 * 2 ** 30;
export const MAX_PARTS = 10_000;
/** 48.8 TiB: what the parts can hold, and S3's limit for one object. */
export const MAX_OBJECT_BYTES = MAX_PARTS * MAX_PART_BYTES;

/** All parts have `partBytes` bytes but the last, which has 1 to `partBytes`. */
export interface PartPlan {
  readonly partBytes: number;
  readonly count: number;
}

/**
 * How an object of `size` bytes (at least 1) is cut: by `preferred` bytes as long as S3 takes that many parts of that size,
 * then by whole MiB, as few as will do.
 * @throws RangeError when no plan holds it
 */
export function planParts(size: number, preferred: number): PartPlan {
  if (!Number.isSafeInteger(size) || size < 1 || size > MAX_OBJECT_BYTES) throw new RangeError(`no parts for ${size} bytes`);
  const needed = Math.ceil(size / MAX_PARTS / MIB) * MIB;
  const wanted = Math.min(Math.max(Math.floor(preferred), MIN_PART_BYTES), MAX_PART_BYTES);
  const partBytes = Math.max(wanted, needed);
  return { partBytes, count: Math.ceil(size / partBytes) };
}
