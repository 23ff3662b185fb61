import { isDoppelError } from "@doppel/base";
import { parseSignature } from "@doppel/rsync";

/** What a signature tells about the size of its file, in bytes: it is one of `min` to `max`. Exact only for empty files. */
export interface SizeRange {
  /** No fewer bytes. */
  readonly min: number;
  /** No more bytes. */
  readonly max: number;
}

/** Bytes of a signature in front of its records (spec 4.3). */
export const SIGNATURE_HEADER = 12;
const WEAK_SUM = 4;

/**
 * The size of the file that a signature of `length` bytes describes, from its first {@link SIGNATURE_HEADER} bytes: so many
 * blocks, of which the last one may be short. Undefined when it is no sound signature.
 */
export function sizeRangeOf(header: Uint8Array, length: number): SizeRange | undefined {
  try {
    const { blockLength, strongLength } = parseSignature(header);
    const blocks = (length - SIGNATURE_HEADER) / (WEAK_SUM + strongLength);
    if (!Number.isInteger(blocks) || blocks < 0) return undefined;
    return { min: blocks === 0 ? 0 : (blocks - 1) * blockLength + 1, max: blocks * blockLength };
  } catch (error) {
    if (isDoppelError(error, "rsync.bad-signature")) return undefined;
    throw error;
  }
}
