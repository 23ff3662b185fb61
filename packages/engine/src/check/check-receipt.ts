import { parseName } from "@doppel/format";
import { compareListing, judgeReceipt } from "../audit/check-set.ts";
import type { ReadContext } from "../read/context.ts";
import { readReceipt } from "../receipt/read-receipt.ts";
import { setKey } from "../retention/inventory.ts";
import type { CheckFinding } from "./report.ts";
import { problem, type Subject, warning } from "./subjects.ts";

/** What a set's receipt told. */
export interface ToldByReceipt {
  readonly findings: readonly CheckFinding[];
  /** SHA-256 by name, of objects that have the size that it says: what they are to be held to when they are read. */
  readonly hashes: ReadonlyMap<string, string>;
}

/**
 * Holds the names and sizes of a set's objects to its receipt, and tells their hashes. One that is damaged, which its own hash shows,
 * tells nothing. Its signature is not looked at: whoever can replace objects can replace receipts, which `audit` is for. @throws storage.*
 */
export async function checkReceipt(
  { set }: Subject,
  name: string,
  sizes: ReadonlyMap<string, number>,
  { deps, runtime, prefixes }: ReadContext,
): Promise<ToldByReceipt> {
  const stored = await readReceipt(deps.storage, name, runtime.signal);
  const own = [...set.volumes.values(), set.manifest, set.signatures, set.index, name];
  const names = own.flatMap((found) => (found === undefined ? [] : (parseName(found, prefixes) ?? [])));
  const subject = { key: setKey(set.id), names, receipt: name };
  const wrong = judgeReceipt(stored, subject, false);
  if (wrong.length > 0 || !stored.receipt)
    return {
      findings: wrong.map(({ detail }) => warning("receipt", name, `${detail}; nothing that is restored depends on it`)),
      hashes: new Map(),
    };
  const { receipt } = stored;
  const findings = compareListing(receipt, subject, sizes, false).map(({ kind, name: found, detail }) => {
    const isSpare = parseName(found, prefixes)?.role === "index";
    return isSpare || kind === "receipt"
      ? warning("receipt", found, detail)
      : problem(kind as CheckFinding["kind"], found, detail);
  });
  const ownNames = new Set(own);
  const hashes = receipt.objects.flatMap(({ name: object, size, sha256 }): [string, string][] =>
    sha256 !== undefined && ownNames.has(object) && sizes.get(object) === size ? [[object, sha256]] : [],
  );
  return { findings, hashes: new Map(hashes) };
}
