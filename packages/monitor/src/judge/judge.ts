import type { Case } from "./case.ts";
import { judgeDrills } from "./drills.ts";
import { judgeExpiry } from "./expiry.ts";
import type { Finding } from "./finding.ts";
import { judgeKeys } from "./keys.ts";
import { judgePlausible } from "./plausible.ts";
import { judgeReceipts } from "./receipts.ts";
import { judgeKinds, judgeSchedule } from "./schedule.ts";
import { judgeSoundness } from "./soundness.ts";
import { some } from "./finding.ts";

/** All that is wrong with one server's backups, the gravest first. A function of its arguments alone. */
export function judge(of: Case): readonly Finding[] {
  const findings = [
    ...judgeSchedule(of),
    ...judgeSoundness(of),
    ...judgeExpiry(of),
    ...judgeKinds(of),
    ...judgeKeys(of),
    ...judgePlausible(of),
    ...judgeReceipts(of),
    ...judgeDrills(of),
    ...unseen(of),
  ];
  const rank = { critical: 0, unknown: 1, warning: 2 } as const;
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity]);
}

function unseen({ facts }: Case): readonly Finding[] {
  if (facts.unseen.length === 0) return [];
  return [{ id: "unseen", severity: "warning", text: `could not be looked at: ${some(facts.unseen, 1)}` }];
}
