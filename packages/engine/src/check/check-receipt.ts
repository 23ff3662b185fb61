import { parseName } from "@doppel/format";
import { compareListing, judgeReceipt } from "../audit/check-set.ts";
import type { ReadContext } from "../read/context.ts";
import { readReceipt } from "../receipt/read-receipt.ts";
import { setKey } from "../retention/inventory.ts";
import type { CheckFinding } from "./report.ts";
import { problem, type Subject, warning } from "./subjects.ts";

/**
 * Holds the names and sizes of a set's objects to its receipt. Its signature is not looked at: whoever can replace objects can
 * replace receipts, which `audit` is for. @throws storage.*
 */
export async function checkReceipt(
  { set }: Subject,
  name: string,
  sizes: ReadonlyMap<string, number>,
  { deps, runtime, prefixes }: ReadContext,
): Promise<readonly CheckFinding[]> {
  const stored = await readReceipt(deps.storage, name, runtime.signal);
  const own = [...set.volumes.values(), set.manifest, set.signatures, set.index, name];
  const names = own.flatMap((found) => (found === undefined ? [] : (parseName(found, prefixes) ?? [])));
  const subject = { key: setKey(set.id), names, receipt: name };
  const wrong = judgeReceipt(stored, subject, false);
  if (wrong.length > 0 || !stored.receipt)
    return wrong.map(({ detail }) => warning("receipt", name, `${detail}; nothing that is restored depends on it`));
  return compareListing(stored.receipt, subject, sizes, false).map(({ kind, name: found, detail }) => {
    const isSpare = parseName(found, prefixes)?.role === "index";
    return isSpare || kind === "receipt"
      ? warning("receipt", found, detail)
      : problem(kind as CheckFinding["kind"], found, detail);
  });
}
