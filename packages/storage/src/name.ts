import { DoppelError } from "@doppel/base";

/**
 * Refuses a name that is not flat: with a slash or NUL, starting with a dot (so also `.` and `..`; drivers keep their
 * temporary names there), empty, or longer than 255 bytes.
 * @throws storage.bad-name
 */
export function checkName(name: string): void {
  if (name !== "" && !name.startsWith(".") && !name.includes("/") && !name.includes("\0") && Buffer.byteLength(name) <= 255)
    return;
  throw new DoppelError(
    "storage.bad-name",
    `${JSON.stringify(name)} cannot be the name of a stored object: it must have 1 to 255 bytes, no slash, and no dot in front; check --file-prefix`,
    { name },
  );
}

/**
 * Refuses a range that is none.
 * @throws RangeError
 */
export function checkRange(range: { readonly start: number; readonly end: number } | undefined): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start)
    throw new RangeError(`bad range ${start}..${end}`);
}
