import type { StoredReceipt } from "./read-receipt.ts";

/** A receipt whose word about the one before it does not hold. */
export interface ChainGap {
  /** The later receipt. */
  readonly name: string;
  /** The receipt that it names; with "restarted", the newest one that it should have known of. */
  readonly previous: string;
  /**
   * "missing": it is not there, though older ones are, so that no lifecycle took it (retention that keeps older backups may have).
   * "different": it is there, and is not what it was. "unread": it is there, and could not be read. "skipped": others lie between the two.
   * "restarted": it says that it is the first, and is not.
   */
  readonly reason: "missing" | "different" | "unread" | "skipped" | "restarted";
}

/**
 * Holds each receipt to what the next one says of it. The oldest names one that may be gone: retention and lifecycles delete from the
 * oldest on. One that could not know the one before it ("unknown") says nothing.
 *
 * @param receipts newest first, as `receiptsOf` gives them; also those with a problem, which say nothing themselves
 */
export function chainGaps(receipts: readonly StoredReceipt[]): readonly ChainGap[] {
  const places = new Map(receipts.map(({ name }, index) => [name, index]));
  const gaps: ChainGap[] = [];
  receipts.forEach(({ name, receipt }, index) => {
    const named = receipt?.previous;
    const older = receipts[index + 1];
    if (receipt?.chain === "first" && older) gaps.push({ name, previous: older.name, reason: "restarted" });
    if (!named) return;
    const gap = (reason: ChainGap["reason"]): number => gaps.push({ name, previous: named.name, reason });
    const place = places.get(named.name);
    if (place === undefined) {
      if (older) gap("missing");
      return;
    }
    const found = receipts[place]!;
    if (found.sha256 === "") gap("unread");
    else if (found.sha256 !== named.sha256) gap("different");
    else if (place !== index + 1) gap("skipped");
  });
  return gaps;
}
