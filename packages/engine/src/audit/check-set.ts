import type { ObjectName, Receipt } from "@doppel/format";
import { setKey } from "../retention/inventory.ts";
import type { StoredReceipt } from "../receipt/read-receipt.ts";
import type { AuditFinding } from "./report.ts";

/** A set's names in the listing. */
export interface Subject {
  readonly key: string;
  readonly names: readonly ObjectName[];
  /** Name of its receipt. */
  readonly receipt?: string;
}

/** Whether a restore could want it. */
export function holdsData({ role }: ObjectName): boolean {
  return role === "volume" || role === "manifest" || role === "signatures";
}

/** Holds the listing to a receipt: names and sizes. @param olderLeft of an older backup there is more than this */
export function compareListing(
  receipt: Receipt,
  subject: Subject,
  sizes: ReadonlyMap<string, number>,
  olderLeft: boolean,
): readonly AuditFinding[] {
  if (!subject.names.some(holdsData)) return [gone(subject.receipt!, receipt.set.kind === "full" && olderLeft)];
  const findings: AuditFinding[] = [];
  const problem = (kind: AuditFinding["kind"], name: string, detail: string): number =>
    findings.push({ severity: "problem", kind, name, detail });
  const own = new Set(subject.names.map(({ name }) => name));
  const named = new Set<string>([subject.receipt!]);
  for (const object of receipt.objects) {
    named.add(object.name);
    const size = sizes.get(object.name);
    if (size === undefined) problem("missing", object.name, "is missing");
    else if (!own.has(object.name)) problem("receipt", object.name, "is named in the receipt of another backup");
    else if (size !== object.size) problem("size", object.name, `has ${size} bytes, and its receipt says ${object.size}`);
  }
  for (const { name, partial } of subject.names) {
    if (!named.has(name) && !partial) problem("unnamed", name, "is not named in the receipt of its backup");
  }
  return findings;
}

/** Duplicity leaves receipts when it deletes: full backups from the oldest on, increments anywhere. */
function gone(name: string, isOdd: boolean): AuditFinding {
  const what = "is all that is left of this backup";
  if (isOdd)
    return { severity: "problem", kind: "gone", name, detail: `${what}, though there are older ones: somebody deleted it` };
  const how = "duplicity leaves receipts when it deletes, and doppel cleanup removes them";
  return { severity: "warning", kind: "gone", name, detail: `${what}: ${how}` };
}

/** What is to be said of a receipt before anything is held to it. */
export function judgeReceipt(stored: StoredReceipt, subject: Subject, mustBeSigned: boolean): readonly AuditFinding[] {
  const { name, receipt, problem, signature } = stored;
  const found = (kind: AuditFinding["kind"], detail: string): readonly AuditFinding[] => [
    { severity: "problem", kind, name, detail },
  ];
  if (!receipt) return found(signature === "bad" ? "signature" : "receipt", problem ?? "cannot be used");
  if (mustBeSigned && signature !== "good") return found("signature", "is not signed");
  if (setKey(receipt.set) !== subject.key)
    return found("receipt", "is the receipt of another backup, under a name that is not its own");
  return [];
}
