import type { SetFacts } from "../check/facts.ts";
import { type Case, judged, when } from "./case.ts";
import type { Finding } from "./finding.ts";

/** The receipt is stored last: a look between may not find it yet. */
const LATER_MS = 30 * 60_000;

/** Whether receipts are there, good, signed, and each continues the one before. */
export function judgeReceipts(of: Case): readonly Finding[] {
  const findings = new Map<string, Finding>();
  const tell = (id: string, severity: Finding["severity"], text: string): void => {
    if (!findings.has(id)) findings.set(id, { id, severity, text });
  };
  for (const set of judged(of)) {
    const time = when(of, set.id.end);
    const { receipt } = set;
    if (receipt === undefined) {
      const stored = set.lastStored ?? set.id.end;
      const late = of.facts.now.getTime() - stored.getTime() > LATER_MS;
      if (of.expect.receipts === "required" && late) {
        tell(
          "receipt-missing",
          "critical",
          `the backup of ${time} has no receipt: was it made by another program, or was it removed?`,
        );
      }
    } else if (receipt.problem !== undefined) {
      tell("receipt-bad", "critical", `the receipt of the backup of ${time} is no good: ${receipt.problem}`);
    } else if (receipt.signature === "bad") {
      tell(
        "receipt-bad",
        "critical",
        `the receipt of the backup of ${time} is not signed by the server's key: somebody else made it, or changed it`,
      );
    } else if (of.signed && receipt.signature === "none") {
      tell(
        "receipt-bad",
        "critical",
        `the receipt of the backup of ${time} is not signed, and a key is configured (receipt-key)`,
      );
    }
    if (receipt?.errors !== undefined && receipt.errors > 0) {
      tell(
        "unread",
        "warning",
        `the backup of ${time} left out ${receipt.errors} things that could not be read; its log on the server names them`,
      );
    }
  }
  const broken = brokenLink(of);
  if (broken !== undefined) tell("receipt-chain", "critical", broken);
  return [...findings.values()];
}

/** Each receipt names the one before it by its hash: what was taken out or put in between shows. */
function brokenLink(of: Case): string | undefined {
  const withReceipts = of.facts.sets.filter(
    (set): set is SetFacts & { receipt: NonNullable<SetFacts["receipt"]> } =>
      set.receipt !== undefined && set.receipt.problem === undefined,
  );
  for (const [i, { id, receipt }] of withReceipts.entries()) {
    const before = withReceipts[i + 1];
    if (before === undefined) return undefined;
    // Receipts further back than those that were read are not known: only neighbours can be compared.
    if (of.facts.sets.indexOf(before) - of.facts.sets.indexOf(withReceipts[i]!) > 1) continue;
    const time = when(of, id.end);
    if (receipt.chain === "first")
      return `the receipt of the backup of ${time} says that it is the first, and there are older ones: was the server set up again, or the backup made elsewhere?`;
    if (receipt.chain === "unknown" || receipt.previous === undefined) continue;
    if (receipt.previous.name === before.receipt.name && receipt.previous.sha256 !== before.receipt.sha256) {
      return `the receipt of the backup of ${when(of, before.id.end)} is not the one that the next one continues: it was replaced`;
    }
    if (receipt.previous.name !== before.receipt.name) {
      return `the receipt of the backup of ${time} continues ${receipt.previous.name}, which is not the one before it: a backup was removed, or put in`;
    }
  }
  return undefined;
}
