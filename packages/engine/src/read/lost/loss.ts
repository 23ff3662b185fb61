import { type BytePath, DoppelError, errnoOf, isDoppelError } from "@doppel/base";

/** A volume that cannot be used, and which paths its manifest says it holds. */
export interface LostVolume {
  readonly number: number;
  readonly name: string;
  readonly bounds: PathRange;
  readonly error: LossError;
  /** By its bounds nothing that is wanted is in it: it was to be read in case these are wrong. */
  readonly beside?: boolean;
  /** It is there, and an index tells where in it each path lies: what is not in the damaged place can still be had, path by path. */
  readonly hasIndex?: boolean;
}

/** Both ends belong to it. */
export interface PathRange {
  readonly start: BytePath;
  readonly end: BytePath;
}

/**
 * Whether it is the damage of one volume, or of one file, beside which others can be read. A wrong signature is none: it
 * puts the whole backup in doubt. Nor is trouble with the target, which another attempt may not meet.
 */
export function isLoss(error: unknown): error is LossError {
  return (
    isDoppelError(error, "volume.missing") ||
    isDoppelError(error, "volume.hash-mismatch") ||
    isDoppelError(error, "volume.damaged")
  );
}

/**
 * The loss that it is when one object cannot be read at all, again and again: it never arrives as it is stored, or the disk has a bad
 * place there. Undefined for anything else.
 */
export function unreadable(error: unknown, name: string): LossError | undefined {
  const isBadPlace = isDoppelError(error, "storage.unavailable") && errnoOf(error.cause) === "EIO";
  if (!isBadPlace && !isDoppelError(error, "storage.corrupt")) return undefined;
  const reason = error.message;
  return new DoppelError(
    "volume.damaged",
    `${name} cannot be read, and nothing of it was used: ${reason}`,
    { name, reason },
    error,
  );
}

export type LossError = DoppelError<"volume.missing"> | DoppelError<"volume.hash-mismatch"> | DoppelError<"volume.damaged">;
