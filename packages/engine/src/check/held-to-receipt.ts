import type { CheckFinding } from "./report.ts";
import { problem, warning } from "./subjects.ts";

/** Its own hash proves that a receipt is as somebody wrote it; who that was, its signature alone. */
const PROVES = "the receipt is whole, by its own hash; doppel audit --receipt-key tells whether it is genuine";

/** An object that was read whole, by the receipt of its backup. @param expected undefined: that says nothing of it */
export function heldToReceipt(name: string, expected: string | undefined, actual: string | undefined): readonly CheckFinding[] {
  if (expected === undefined || actual === undefined || actual === expected) return [];
  return [problem("bytes", name, `is not what its receipt says: SHA-256 is ${actual}, expected ${expected}; ${PROVES}`)];
}

/** A volume that is what its manifest says. @param isSealed the manifest is encrypted, so that damage cannot have made it say so */
export function onlyReceiptSays(name: string, isSealed: boolean, expected: string, actual: string): CheckFinding {
  const hashes = `SHA-256 is ${actual}, expected ${expected}`;
  if (isSealed) {
    const detail = `is what its encrypted manifest says, which a restore believes, but not what its receipt says (${hashes}): one of them is not that of this backup`;
    return warning("receipt", name, detail);
  }
  const detail = `is what its manifest says, but not what its receipt says: ${hashes}; the manifest is not encrypted, so one of the two was changed`;
  return problem("bytes", name, detail);
}
